import GRDB
import Model

/// A query as one segment understands it: names are its numbers, and what all of its lines fulfil is left out.
struct LogCondition {
    /// For `lines_text`: all but time, and but what is in `agents` and `levels`.
    var match: String?
    /// Milliseconds since 1970; nil when no line is before it.
    var since: Int64?
    /// Not part of it; nil when no line is at or after it.
    var until: Int64?
    /// Agents, when there are too many for `match`.
    var agents: [Int64]?
    /// Levels, when nothing else needs `match`.
    var levels: [LogLevel]?

    /// More agents than this are cheaper to check line by line.
    private static let agentsInMatch = 8

    /// Whether there is something to check that is not in `match`.
    var isCut: Bool { since != nil || until != nil || agents != nil }

    /// Nil when no line of the segment can fulfil it.
    init?(
        _ query: LogQuery, levels: [LogLevel]?, text: LogTextQuery?, in summary: LogSegmentSummary, _ database: Database
    )
        throws
    {
        if let time = query.since?.millisecondsSince1970, time > summary.oldest { since = time }
        if let time = query.until?.millisecondsSince1970, time <= summary.newest { until = time }
        var parts: [String] = []
        if let text { parts.append("{message component} : (\(text.expression))") }
        if let component = query.component {
            guard let id = try Self.id(of: component, in: "components", database) else { return nil }
            parts.append("tag : c\(id)")
        }
        if let names = query.agents {
            switch try Self.agents(names, database) {
            case .none: return nil
            case .all: break
            case .some(let ids) where ids.count <= Self.agentsInMatch:
                parts.append("tag : (\(ids.map { "a\($0)" }.joined(separator: " OR ")))")
            case .some(let ids): agents = ids
            }
        }
        if let levels {
            if parts.isEmpty {
                self.levels = levels
            } else {
                parts.append("tag : (\(levels.map { "l\($0.rawValue)" }.joined(separator: " OR ")))")
            }
        }
        if !parts.isEmpty { match = parts.joined(separator: " AND ") }
    }

    /// What SQL has to check; no text of anybody's is in it.
    var sql: String {
        var terms: [String] = []
        if let since { terms.append("time >= \(since)") }
        if let until { terms.append("time < \(until)") }
        if let levels { terms.append("level IN (\(levels.map { "\($0.rawValue)" }.joined(separator: ", ")))") }
        if let agents { terms.append("agent IN (\(agents.map { "\($0)" }.joined(separator: ", ")))") }
        return terms.isEmpty ? "1" : terms.joined(separator: " AND ")
    }

    private enum Agents {
        case none, all
        case some([Int64])
    }

    private static func agents(_ names: Set<AgentID>, _ database: Database) throws -> Agents {
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM agents") ?? 0
        var ids: [Int64] = []
        if names.count <= agentsInMatch {
            for name in names {
                if let id = try id(of: name.text, in: "agents", database) { ids.append(id) }
            }
        } else {
            try RawStatement(database, "SELECT id, name FROM agents").forEachRow { row in
                if names.contains(AgentID(row.text(1))) { ids.append(row.integer(0)) }
                return true
            }
        }
        return ids.isEmpty ? .none : ids.count == count ? .all : .some(ids)
    }

    private static func id(of name: String, in table: String, _ database: Database) throws -> Int64? {
        let statement = try RawStatement(database, "SELECT id FROM \(table) WHERE name = ?")
        statement.bind(name, at: 1)
        var id: Int64?
        try statement.forEachRow { row in
            id = row.integer(0)
            return false
        }
        return id
    }
}

extension LogQuery {
    /// Nil: all of them. Empty: none, so nothing can be found.
    var effectiveLevels: [LogLevel]? {
        let wanted = LogLevel.allCases.filter { level in
            (levels.isEmpty || levels.contains(level)) && minimumLevel.map { level >= $0 } ?? true
        }
        return wanted.count == LogLevel.allCases.count ? nil : wanted
    }

    /// Whether a segment can have lines of this time.
    func mayMatch(_ summary: LogSegmentSummary) -> Bool {
        guard summary.lastLine > 0 else { return false }
        if let since, since.millisecondsSince1970 > summary.newest { return false }
        if let until, until.millisecondsSince1970 <= summary.oldest { return false }
        return true
    }
}
