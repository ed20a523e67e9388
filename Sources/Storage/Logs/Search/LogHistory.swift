import GRDB
package import Model

/// A part of the history, in the order of arrival.
package struct LogHistoryPage: Sendable, Equatable {
    package var lines: [NumberedLog]
    /// Where the next page begins: after this line.
    package var next: LogNumber
    /// Nothing is stored after `next`, as far as was known.
    package var isAtEnd: Bool
}

extension LogStore {
    /// Lines in the order of arrival, which is that of live ones: a subscription first takes pages from here, from
    /// `zero` on, until one is at the end, then the live lines whose number is above `next`.
    ///
    /// A page may have fewer lines than `limit`, or none, before the end: so much is read at once and no more.
    /// - Throws: `invalidQuery` naming `q`; `tooSlow`; `queueFull`.
    package func lines(
        of query: LogQuery, after number: LogNumber, limit: Int
    ) async throws(StoreError) -> LogHistoryPage {
        let text: LogTextQuery? = if let text = query.text { try LogTextQuery(text) } else { nil }
        let levels = query.effectiveLevels
        return try await search { reader in
            var history = LogHistory(query: query, text: text, levels: levels, reader: reader, next: number)
            return try history.page(limit)
        }
    }
}

struct LogHistory {
    let query: LogQuery
    let text: LogTextQuery?
    let levels: [LogLevel]?
    let reader: LogSegmentReader
    var next: LogNumber
    private var lines: [NumberedLog] = []
    private var budget = Self.linesPerPage

    /// Lines that are looked at for one page.
    private static let linesPerPage: Int64 = 200_000
    /// Lines that are looked at with one statement.
    private static let window: Int64 = 20_000

    init(query: LogQuery, text: LogTextQuery?, levels: [LogLevel]?, reader: LogSegmentReader, next: LogNumber) {
        self.query = query
        self.text = text
        self.levels = levels
        self.reader = reader
        self.next = next
    }

    mutating func page(_ limit: Int) throws -> LogHistoryPage {
        for segment in reader.segments.all where segment.number >= next.segment {
            let summary = segment.summary
            let last = LogNumber(segment: segment.number, id: summary.lastLine)
            guard last > next else { continue }
            if levels?.isEmpty != true, query.mayMatch(summary) {
                guard try read(segment, summary, limit) else {
                    return LogHistoryPage(lines: lines, next: next, isAtEnd: false)
                }
            }
            next = last
        }
        return LogHistoryPage(lines: lines, next: next, isAtEnd: true)
    }

    /// False when the page is full.
    private mutating func read(_ segment: LogSegment, _ summary: LogSegmentSummary, _ limit: Int) throws -> Bool {
        let reader = reader  // not as a part of self, which changes meanwhile
        let isComplete = try reader.read(segment) { database in
            guard let condition = try LogCondition(query, levels: levels, text: text, in: summary, database) else {
                return true
            }
            var first = next.segment == segment.number ? next.id + 1 : try firstLine(condition, database)
            while first <= summary.lastLine {
                guard budget > 0, lines.count < limit else { return false }
                let last = min(first + Self.window - 1, summary.lastLine)
                try add(segment, condition, first...last, limit - lines.count, database)
                let isFull = lines.count >= limit
                next = isFull ? lines[lines.count - 1].number : LogNumber(segment: segment.number, id: last)
                if isFull { return next.id == summary.lastLine }
                budget -= Self.window
                first = last + 1
            }
            return true
        }
        return isComplete ?? true
    }

    /// So that what is older than `since` is passed over at once.
    private func firstLine(_ condition: LogCondition, _ database: Database) throws -> Int64 {
        guard let since = condition.since else { return 1 }
        let first = try RawStatement(
            database, "SELECT min(id) FROM lines INDEXED BY lines_by_time WHERE time >= \(since)"
        ).integer()
        return max(1, first)
    }

    private mutating func add(
        _ segment: LogSegment, _ condition: LogCondition, _ ids: ClosedRange<Int64>, _ limit: Int, _ database: Database
    ) throws {
        let range = "lines.id BETWEEN \(ids.lowerBound) AND \(ids.upperBound)"
        let match = """
             AND lines.id IN (SELECT rowid FROM lines_text WHERE lines_text MATCH ?
                AND rowid BETWEEN \(ids.lowerBound) AND \(ids.upperBound))
            """
        let statement = try RawStatement(
            database,
            """
            \(LogRecord.selection) WHERE \(range) AND \(condition.sql)\(condition.match == nil ? "" : match)
            ORDER BY lines.id LIMIT \(limit)
            """)
        if let match = condition.match { statement.bind(match, at: 1) }
        try statement.forEachRow { row in
            let number = LogNumber(segment: segment.number, id: row.integer(0))
            lines.append(NumberedLog(number: number, record: LogRecord(row)))
            return true
        }
    }
}
