import GRDB
package import Model

extension LogStore {
    /// The newest first; of the same time, the one that came later.
    /// - Returns: a page of them, and how many there are on all pages.
    /// - Throws: `invalidQuery` naming `page`; `tooSlow`; `queueFull`.
    package func systemEvents(
        _ query: SystemEventQuery, offset: Int, limit: Int
    ) async throws(StoreError) -> (items: [SystemEvent], total: Int) {
        try await search { reader in
            try SystemEventSearch(query: query, reader: reader).page(offset: offset, limit: limit)
        }
    }
}

private struct SystemEventSearch {
    let query: SystemEventQuery
    let reader: LogSegmentReader

    func page(offset: Int, limit: Int) throws -> (items: [SystemEvent], total: Int) {
        let isTooDeep = offset > LogStore.maximumOffset
        let wanted = isTooDeep ? 0 : offset + limit
        var keys: [LogKey] = []
        var total = 0
        for segment in reader.segments.all where segment.summary.lastEvent > 0 {
            try reader.deadline.check()
            let found = try reader.read(segment) { database in
                (try count(database), try newest(wanted, of: segment, database))
            }
            guard let found else { continue }
            total += found.0
            keys += found.1
        }
        if isTooDeep, total > offset {
            throw StoreError.invalidQuery(
                field: "page", detail: "must begin within the first \(LogStore.maximumOffset) events")
        }
        return (try events(keys.sorted().dropFirst(offset).prefix(limit)), total)
    }

    private func count(_ database: Database) throws -> Int {
        let statement = try RawStatement(database, "SELECT count(*) FROM events WHERE \(sql)")
        bind(statement)
        return Int(try statement.integer())
    }

    private func newest(_ limit: Int, of segment: LogSegment, _ database: Database) throws -> [LogKey] {
        let statement = try RawStatement(
            database, "SELECT time, id FROM events WHERE \(sql) ORDER BY time DESC, id DESC LIMIT \(limit)")
        bind(statement)
        var keys: [LogKey] = []
        try statement.forEachRow { row in
            let number = LogNumber(segment: segment.number, id: row.integer(1))
            keys.append(LogKey(time: row.integer(0), number: number))
            return true
        }
        return keys
    }

    private var sql: String {
        var terms = ["agent = ?"]
        if query.kind != nil { terms.append("kind = ?") }
        if let severity = query.minimumSeverity { terms.append("severity >= \(severity.stored)") }
        if let since = query.since { terms.append("time >= \(since.millisecondsSince1970)") }
        if let until = query.until { terms.append("time < \(until.millisecondsSince1970)") }
        return terms.joined(separator: " AND ")
    }

    private func bind(_ statement: RawStatement) {
        statement.bind(query.agent.text, at: 1)
        if let kind = query.kind { statement.bind(kind, at: 2) }
    }

    private func events(_ page: ArraySlice<LogKey>) throws -> [SystemEvent] {
        var events: [LogNumber: SystemEvent] = [:]
        for segment in reader.segments.all {
            let numbers = page.map(\.number).filter { $0.segment == segment.number }
            guard !numbers.isEmpty else { continue }
            _ = try reader.read(segment) { database in
                let statement = try RawStatement(
                    database,
                    "SELECT time, agent, severity, kind, unit, message, attributes FROM events WHERE id = ?")
                for number in numbers {
                    statement.bind(number.id, at: 1)
                    try statement.forEachRow { row in
                        events[number] = try SystemEvent(row)
                        return false
                    }
                }
            }
        }
        return page.compactMap { events[$0.number] }
    }
}

extension SystemEvent {
    fileprivate init(_ row: RawRow) throws {
        self.init(
            time: WallTime(millisecondsSince1970: row.integer(0)), agent: AgentID(row.text(1)), kind: row.text(3),
            severity: SystemEventSeverity(stored: row.integer(2)) ?? .info, unit: row.text(4), message: row.text(5),
            attributes: try JSONText.decode([String: String].self, from: row.text(6)))
    }
}
