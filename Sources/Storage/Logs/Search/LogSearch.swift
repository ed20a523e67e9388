import Dispatch
import GRDB
package import Model

/// One page of what was found.
package struct LogPage: Sendable, Equatable {
    /// The newest first; of the same time, the one that came later.
    package var lines: [LogRecord]
    /// Of all pages.
    package var total: Int
    /// False when counting took too long: then there are at least `total`.
    package var isTotalExact: Bool
}

extension LogStore {
    /// How deep a page may lie.
    package static let maximumOffset = 1_000_000

    /// On a thread of its own; no search delays a write. What was completed by `append` before is found.
    /// - Throws: `invalidQuery` naming `q` or `page`; `tooSlow` after `LogSettings.searchTime`; `queueFull`.
    package func search(_ query: LogQuery, offset: Int, limit: Int) async throws(StoreError) -> LogPage {
        let text: LogTextQuery? = if let text = query.text { try LogTextQuery(text) } else { nil }
        let levels = query.effectiveLevels
        if levels?.isEmpty == true { return LogPage(lines: [], total: 0, isTotalExact: true) }
        let countingTime = settings.countingTime
        return try await search { reader in
            var search = LogSearch(
                query: query, text: text, levels: levels, reader: reader,
                counting: SearchDeadline(after: countingTime))
            return try search.page(offset: offset, limit: limit)
        }
    }
}

/// A search over all segments.
struct LogSearch {
    let query: LogQuery
    let text: LogTextQuery?
    let levels: [LogLevel]?
    let reader: LogSegmentReader
    /// After it, only what the page needs is still done.
    let counting: SearchDeadline

    private var total = 0
    private var isTotalExact = true
    /// The first of the order so far, as many as are wanted.
    private var keys: [LogKey] = []

    init(
        query: LogQuery, text: LogTextQuery?, levels: [LogLevel]?, reader: LogSegmentReader, counting: SearchDeadline
    ) {
        self.query = query
        self.text = text
        self.levels = levels
        self.reader = reader
        self.counting = counting
    }

    mutating func page(offset: Int, limit: Int) throws -> LogPage {
        let isTooDeep = offset > LogStore.maximumOffset
        let wanted = isTooDeep ? 0 : offset + limit
        // Those with the newest lines first: the others are then only counted.
        let segments = reader.segments.all.map { ($0, $0.summary) }.filter { query.mayMatch($0.1) }
            .sorted { $0.1.newest > $1.1.newest }
        for (segment, summary) in segments { try add(segment, summary, wanted) }
        if isTooDeep, total > offset || !isTotalExact {
            throw StoreError.invalidQuery(
                field: "page", detail: "must begin within the first \(LogStore.maximumOffset) lines: narrow the search")
        }
        let lines = try records(keys.dropFirst(offset))
        return LogPage(lines: lines, total: total, isTotalExact: isTotalExact)
    }

    private mutating func add(_ segment: LogSegment, _ summary: LogSegmentSummary, _ wanted: Int) throws {
        try reader.deadline.check()
        let isNeeded = keys.count < wanted || (keys.last.map { summary.newest >= $0.time } ?? false)
        guard isNeeded || !counting.isOver else {
            isTotalExact = false
            return
        }
        let found = try reader.read(segment) { database -> (count: Int, newest: [LogKey]) in
            guard let condition = try LogCondition(query, levels: levels, text: text, in: summary, database) else {
                return (0, [])
            }
            let search = LogSegmentSearch(
                segment: segment, summary: summary, condition: condition, database: database,
                settings: reader.settings)
            return try search.run(limit: isNeeded ? wanted : 0)
        }
        guard let found else { return }
        total += found.count
        if keys.isEmpty {
            keys = found.newest
        } else if !found.newest.isEmpty {
            keys = Array((keys + found.newest).sorted().prefix(wanted))
        }
    }

    // MARK: The page

    private func records(_ page: ArraySlice<LogKey>) throws -> [LogRecord] {
        var records: [LogNumber: LogRecord] = [:]
        for segment in reader.segments.all {
            let ids = page.filter { $0.number.segment == segment.number }.map(\.number)
            guard !ids.isEmpty else { continue }
            _ = try reader.read(segment) { database in
                let statement = try RawStatement(database, "\(LogRecord.selection) WHERE lines.id = ?")
                for number in ids {
                    statement.bind(number.id, at: 1)
                    try statement.forEachRow { row in
                        records[number] = LogRecord(row)
                        return false
                    }
                }
            }
        }
        return page.compactMap { records[$0.number] }
    }
}

extension LogRecord {
    /// For `init(_:)`; ends before WHERE.
    static let selection = """
        SELECT lines.id, time, level, agents.name, components.name, sources.name, message, attributes
        FROM lines CROSS JOIN agents ON agents.id = agent CROSS JOIN components ON components.id = component
        CROSS JOIN sources ON sources.id = source
        """

    init(_ row: RawRow) {
        self.init(
            time: WallTime(millisecondsSince1970: row.integer(1)),
            agent: AgentID(row.text(3)), level: LogLevel(rawValue: UInt8(truncatingIfNeeded: row.integer(2))) ?? .info,
            component: row.text(4), message: row.text(6), source: row.text(5), attributes: row.bytes(7))
    }
}
