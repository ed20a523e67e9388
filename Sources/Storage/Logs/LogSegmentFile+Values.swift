import GRDB
import Model

/// What a segment says of itself: `segment` and `positions`.
extension LogSegmentFile {
    static func setValue(_ value: Int64, of key: String, _ database: Database) throws {
        try database.execute(sql: "INSERT OR REPLACE INTO segment VALUES (?, ?)", arguments: [key, value])
    }

    static func value(of key: String, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT value FROM segment WHERE key = ?", arguments: [key])
    }

    static func save(_ position: StreamPosition, _ database: Database) throws {
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)").execute(arguments: [
            position.agent.text, position.type.rawValue, Int64(bitPattern: position.origin),
            Int64(bitPattern: position.seq),
        ])
    }

    /// Those of stream types that this program knows.
    static func positions(_ database: Database) throws -> [StreamPosition] {
        try Row.fetchAll(database, sql: "SELECT * FROM positions").compactMap { row in
            guard let type = StreamType(rawValue: row["type"]) else { return nil }
            let origin: Int64 = row["origin"], seq: Int64 = row["seq"]
            return StreamPosition(
                agent: AgentID(row["agent"]), type: type, origin: UInt64(bitPattern: origin),
                seq: UInt64(bitPattern: seq))
        }
    }

    /// The summary of a segment that is complete.
    static func save(_ summary: LogSegmentSummary, _ database: Database) throws {
        try setValue(summary.oldest, of: "oldest", database)
        try setValue(summary.newest, of: "newest", database)
        for (level, count) in summary.levels.enumerated() {
            try setValue(Int64(count), of: "level\(level)", database)
        }
        try setValue((summary.sealed ?? .now()).millisecondsSince1970, of: "sealed", database)
    }

    /// Of a segment without the end that `save` gives it, it is counted: a tenth of a second for a full one.
    static func summary(_ database: Database) throws -> LogSegmentSummary {
        var summary = LogSegmentSummary()
        summary.lastLine = try Int64.fetchOne(database, sql: "SELECT max(id) FROM lines") ?? 0
        summary.lastEvent = try Int64.fetchOne(database, sql: "SELECT max(id) FROM events") ?? 0
        if let sealed = try value(of: "sealed", database) {
            summary.sealed = WallTime(millisecondsSince1970: sealed)
            summary.oldest = try value(of: "oldest", database) ?? .min
            summary.newest = try value(of: "newest", database) ?? .max
            for level in summary.levels.indices {
                summary.levels[level] = Int(try value(of: "level\(level)", database) ?? 0)
            }
        } else {
            summary.oldest = try Int64.fetchOne(database, sql: "SELECT min(time) FROM lines") ?? .max
            summary.newest = try Int64.fetchOne(database, sql: "SELECT max(time) FROM lines") ?? .min
            let counts = try Row.fetchAll(database, sql: "SELECT level, count(*) AS count FROM lines GROUP BY level")
            for row in counts {
                guard let level = LogLevel(rawValue: row["level"]) else { continue }
                summary.levels[Int(level.rawValue)] = row["count"]
            }
        }
        return summary
    }
}
