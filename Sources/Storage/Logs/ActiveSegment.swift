import GRDB
import Model

/// The segment that is written to. Only the writer's queue touches it.
struct ActiveSegment {
    let segment: LogSegment
    private let database: DatabaseQueue
    private var summary: LogSegmentSummary
    private var agents = NameTable("agents")
    private var components = NameTable("components")
    private var sources = NameTable("sources")

    init(segment: LogSegment, database: DatabaseQueue) {
        self.segment = segment
        self.database = database
        summary = segment.summary
    }

    /// In one transaction, and in the summary that searches see. Returns the ids of the batches' first lines.
    mutating func store(_ batches: [LogBatch]) throws -> [Int64] {
        let before = summary
        let connection = database  // not as a part of self, which changes meanwhile
        do {
            let first = try connection.writeWithoutTransaction { database in
                var first: [Int64] = []
                try database.inTransaction(.immediate) {
                    for batch in batches {
                        first.append(summary.lastLine + 1)
                        try insert(batch, database)
                    }
                    try indexWords(after: before.lastLine, database)
                    return .commit
                }
                return first
            }
            segment.publish(summary)
            return first
        } catch {
            summary = before
            // They may hold ids that went with the transaction.
            forgetNames()
            throw error
        }
    }

    /// Shows that writes work.
    func probe() throws {
        try database.write { try LogSegmentFile.setValue(Int64(summary.lastLine), of: "probe", $0) }
    }

    /// The last change to the file. Searches need not count what is in it any more.
    func seal(at now: WallTime) throws {
        var sealed = summary
        sealed.sealed = now
        try database.write { try LogSegmentFile.save(sealed, $0) }
        segment.publish(sealed)
        do {
            // Without a WAL, which is read with a file beside it that a full disk has no room for.
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        } catch {
            // A search reads from it; so it stays as it is.
        }
        close()
    }

    func close() {
        do {
            try database.close()
        } catch {
            // The end of the process closes it, without harm.
        }
    }

    private mutating func forgetNames() {
        agents.forget()
        components.forget()
        sources.forget()
    }

    // MARK: In the transaction

    private mutating func insert(_ batch: LogBatch, _ database: Database) throws {
        if !batch.lines.isEmpty {
            let statement = try RawStatement(database, "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            for line in batch.lines { try insert(line, statement, database) }
        }
        for event in batch.events { try insert(event, database) }
        if let position = batch.position { try LogSegmentFile.save(position, database) }
    }

    private mutating func insert(_ line: LogRecord, _ statement: RawStatement, _ database: Database) throws {
        summary.add(line)
        statement.bind(summary.lastLine, at: 1)
        statement.bind(line.time.millisecondsSince1970, at: 2)
        statement.bind(Int64(line.level.rawValue), at: 3)
        statement.bind(try agents.id(of: line.agent.text, database), at: 4)
        statement.bind(try components.id(of: line.component, database), at: 5)
        statement.bind(try sources.id(of: line.source, database), at: 6)
        statement.bind(line.message, at: 7)
        statement.bind(line.attributes, at: 8)
        try statement.run()
    }

    private mutating func insert(_ event: SystemEvent, _ database: Database) throws {
        summary.lastEvent += 1
        let statement = try RawStatement(database, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        statement.bind(summary.lastEvent, at: 1)
        statement.bind(event.time.millisecondsSince1970, at: 2)
        statement.bind(event.agent.text, at: 3)
        statement.bind(event.severity.stored, at: 4)
        statement.bind(event.kind, at: 5)
        statement.bind(event.unit, at: 6)
        statement.bind(event.message, at: 7)
        statement.bind(try JSONText.encode(event.attributes), at: 8)
        try statement.run()
    }

    /// One statement for all lines of the transaction: a trigger would make each of them eight times as dear.
    private func indexWords(after last: Int64, _ database: Database) throws {
        guard summary.lastLine > last else { return }
        let statement = try RawStatement(
            database,
            """
            INSERT INTO lines_text (rowid, message, component, tag)
            SELECT lines.id, iif(attributes IS NULL, message, message || ' ' || CAST(attributes AS TEXT)), name,
                'a' || agent || ' l' || level || ' c' || component
            FROM lines CROSS JOIN components ON components.id = component WHERE lines.id > ? ORDER BY lines.id
            """)
        statement.bind(last, at: 1)
        try statement.run()
    }
}

/// Names as small numbers, in one segment. Those of recent lines are at hand.
private struct NameTable {
    private let select: String
    private let insert: String
    private var ids: [String: Int64] = [:]

    /// As many hosts and programs as a large fleet has; then it starts anew.
    private static let capacity = 20_000

    init(_ table: String) {
        select = "SELECT id FROM \(table) WHERE name = ?"
        insert = "INSERT INTO \(table) (name) VALUES (?)"
    }

    mutating func forget() { ids.removeAll(keepingCapacity: true) }

    mutating func id(of name: String, _ database: Database) throws -> Int64 {
        if let id = ids[name] { return id }
        let id = try stored(name, database) ?? add(name, database)
        if ids.count >= Self.capacity { forget() }
        ids[name] = id
        return id
    }

    private func stored(_ name: String, _ database: Database) throws -> Int64? {
        let statement = try RawStatement(database, select)
        statement.bind(name, at: 1)
        var id: Int64?
        try statement.forEachRow { row in
            id = row.integer(0)
            return false
        }
        return id
    }

    private func add(_ name: String, _ database: Database) throws -> Int64 {
        let statement = try RawStatement(database, insert)
        statement.bind(name, at: 1)
        try statement.run()
        return database.lastInsertedRowID
    }
}

extension SystemEventSeverity {
    /// In the order of severity.
    var stored: Int64 {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }

    init?(stored: Int64) {
        switch stored {
        case 0: self = .info
        case 1: self = .warning
        case 2: self = .critical
        default: return nil
        }
    }
}
