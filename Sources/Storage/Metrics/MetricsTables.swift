import GRDB
import Model

/// The statements on `recent`, `samples`, `minutes` and `hours`.
enum MetricsTables {
    static let minute: Milliseconds = 60_000
    static let hour: Milliseconds = 3_600_000

    static func agent(_ name: String, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM agents WHERE name = ?"), arguments: [name])
    }

    static func addedAgent(_ name: String, _ database: Database) throws -> Int64 {
        if let id = try agent(name, database) { return id }
        try database.cachedStatement(sql: "INSERT INTO agents (name) VALUES (?)").execute(arguments: [name])
        return database.lastInsertedRowID
    }

    static func insert(_ data: [UInt8], of agent: String, at time: Int64, _ database: Database) throws {
        let id = try addedAgent(agent, database)
        let statement = try RawStatement(database, "INSERT INTO recent (agent, time, data) VALUES (?, ?, ?)")
        statement.bind(id, at: 1)
        statement.bind(time, at: 2)
        statement.bind(data, at: 3)
        try statement.run()
    }

    /// A row of `samples`, `minutes` or `hours`.
    static func data(in table: Table, of agent: Int64, at key: Int64, _ database: Database) throws -> [UInt8]? {
        let statement = try RawStatement(
            database, "SELECT data FROM \(table.rawValue) WHERE agent = ? AND \(table.key) = ?")
        statement.bind(agent, at: 1)
        statement.bind(key, at: 2)
        var data: [UInt8]?
        try statement.forEachRow { row in
            data = row.bytes(0)
            return false
        }
        return data
    }

    static func put(_ data: [UInt8], in table: Table, of agent: Int64, at key: Int64, _ database: Database) throws {
        let statement = try RawStatement(database, "INSERT OR REPLACE INTO \(table.rawValue) VALUES (?, ?, ?)")
        statement.bind(agent, at: 1)
        statement.bind(key, at: 2)
        statement.bind(data, at: 3)
        try statement.run()
    }

    /// In the order of time.
    static func rows(
        in table: Table, of agent: Int64, from first: Int64, to last: Int64, _ database: Database,
        _ body: (Int64, [UInt8]) throws -> Void
    ) throws {
        let statement = try RawStatement(
            database,
            """
            SELECT \(table.key), data FROM \(table.rawValue) WHERE agent = ? AND \(table.key) BETWEEN ? AND ?
            ORDER BY \(table.key)
            """)
        statement.bind(agent, at: 1)
        statement.bind(first, at: 2)
        statement.bind(last, at: 3)
        try statement.forEachRow { row in
            try body(row.integer(0), row.bytes(1))
            return true
        }
    }

    enum Table: String {
        case samples, minutes, hours
        var key: String { self == .hours ? "hour" : "minute" }
        var length: Milliseconds { self == .hours ? MetricsTables.hour : MetricsTables.minute }
    }
}

extension WallTime {
    /// The number of the stretch since 1970, of a length, that a time is in.
    func stretch(_ length: Milliseconds) -> Int64 {
        WallTime.start(ofStretch: length, containing: self).millisecondsSince1970 / Int64(length)
    }

    init(stretch number: Int64, of length: Milliseconds) {
        self.init(millisecondsSince1970: number * Int64(length))
    }
}
