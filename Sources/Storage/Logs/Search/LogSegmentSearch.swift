import GRDB
import Model

/// Where a line stands in the order of results: the newest first; of the same time, the one that came later.
struct LogKey: Comparable {
    var time: Int64
    var number: LogNumber

    /// Less is shown earlier.
    static func < (a: Self, b: Self) -> Bool { a.time != b.time ? a.time > b.time : a.number > b.number }
}

/// One segment's part of a search: how many lines fulfil the condition, and which of them are the newest.
///
/// Words, agents and components are one question to the index of words, which answers with ids in the order of arrival.
/// The order of results is that of time. So of few ids the times are looked up; of many a set is made, and the index of
/// time is walked from its newest end until enough of the set were met. Both cost little where the other costs much.
struct LogSegmentSearch {
    let segment: LogSegment
    let summary: LogSegmentSummary
    let condition: LogCondition
    let database: Database
    let settings: LogSettings

    /// - Parameter limit: how many of the newest; 0 only counts.
    func run(limit: Int) throws -> (count: Int, newest: [LogKey]) {
        guard let match = condition.match else { return (try countScanned(), try newestScanned(limit)) }
        if limit == 0, !condition.isCut { return (try count(match), []) }
        if let few = try fewMatches(match) {
            let keys = try keys(of: few).sorted()
            return (keys.count, Array(keys.prefix(limit)))
        }
        let lines = try manyMatches(match)
        return (lines.count, try newest(of: lines, limit))
    }

    // MARK: With the index of words

    private func count(_ match: String) throws -> Int {
        let statement = try RawStatement(database, "SELECT count(*) FROM lines_text WHERE lines_text MATCH ?")
        statement.bind(match, at: 1)
        return Int(try statement.integer())
    }

    /// Nil when there are more.
    private func fewMatches(_ match: String) throws -> [Int64]? {
        var ids: [Int64] = []
        let statement = try RawStatement(database, "SELECT rowid FROM lines_text WHERE lines_text MATCH ?")
        statement.bind(match, at: 1)
        try statement.forEachRow { row in
            ids.append(row.integer(0))
            return ids.count <= settings.lookedUpLines
        }
        return ids.count <= settings.lookedUpLines ? ids : nil
    }

    private func keys(of ids: [Int64]) throws -> [LogKey] {
        let statement = try RawStatement(database, "SELECT time FROM lines WHERE id = ? AND \(condition.sql)")
        var keys: [LogKey] = []
        for id in ids {
            statement.bind(id, at: 1)
            try statement.forEachRow { row in
                keys.append(key(time: row.integer(0), id: id))
                return false
            }
        }
        return keys
    }

    private func manyMatches(_ match: String) throws -> LineSet {
        var matched = LineSet(last: summary.lastLine)
        guard condition.isCut else {
            try forEachMatch(match, 0...Int64.max) { matched.insert($0) }
            return matched
        }
        var scanned = LineSet(last: summary.lastLine)
        try RawStatement(database, "SELECT id FROM lines INDEXED BY lines_by_time WHERE \(condition.sql)")
            .forEachRow { row in
                scanned.insert(row.integer(0))
                return true
            }
        guard let bounds = scanned.bounds else { return matched }
        try forEachMatch(match, bounds) { if scanned.contains($0) { matched.insert($0) } }
        return matched
    }

    private func forEachMatch(_ match: String, _ bounds: ClosedRange<Int64>, _ body: (Int64) -> Void) throws {
        let statement = try RawStatement(
            database, "SELECT rowid FROM lines_text WHERE lines_text MATCH ? AND rowid BETWEEN ? AND ?")
        statement.bind(match, at: 1)
        statement.bind(bounds.lowerBound, at: 2)
        statement.bind(bounds.upperBound, at: 3)
        try statement.forEachRow { row in
            body(row.integer(0))
            return true
        }
    }

    private func newest(of lines: LineSet, _ limit: Int) throws -> [LogKey] {
        let limit = min(limit, lines.count)
        guard limit > 0 else { return [] }
        var keys: [LogKey] = []
        try RawStatement(
            database,
            """
            SELECT time, id FROM lines INDEXED BY lines_by_time WHERE \(condition.sql) ORDER BY time DESC, id DESC
            """
        ).forEachRow { row in
            let id = row.integer(1)
            if lines.contains(id) { keys.append(key(time: row.integer(0), id: id)) }
            return keys.count < limit
        }
        return keys
    }

    // MARK: With the indexes of time and level

    private func countScanned() throws -> Int {
        guard condition.isCut else {
            return (condition.levels ?? LogLevel.allCases).reduce(0) { $0 + summary.levels[Int($1.rawValue)] }
        }
        let index = isSerious ? "lines_serious" : "lines_by_time"
        return Int(
            try RawStatement(
                database, "SELECT count(*) FROM lines INDEXED BY \(index) WHERE \(seriously(condition.sql))"
            ).integer())
    }

    private func newestScanned(_ limit: Int) throws -> [LogKey] {
        guard limit > 0 else { return [] }
        let expected = (condition.levels ?? []).reduce(0) { $0 + summary.levels[Int($1.rawValue)] }
        let isSorted = isSerious && (condition.levels?.count == 1 || expected <= settings.sortedLines)
        var keys: [LogKey] = []
        try RawStatement(
            database,
            """
            SELECT time, id FROM lines INDEXED BY \(isSorted ? "lines_serious" : "lines_by_time")
            WHERE \(isSorted ? seriously(condition.sql) : condition.sql) ORDER BY time DESC, id DESC LIMIT \(limit)
            """
        ).forEachRow { row in
            keys.append(key(time: row.integer(0), id: row.integer(1)))
            return true
        }
        return keys
    }

    /// Whether only levels are asked for that have an index of their own.
    private var isSerious: Bool { condition.levels?.allSatisfy { $0 >= .warn } ?? false }

    /// In the words that the partial index is known by.
    private func seriously(_ sql: String) -> String { isSerious ? "level >= 3 AND \(sql)" : sql }

    private func key(time: Int64, id: Int64) -> LogKey {
        LogKey(time: time, number: LogNumber(segment: segment.number, id: id))
    }
}

extension RawStatement {
    /// Of the first row; 0 when there is none.
    func integer() throws -> Int64 {
        var value: Int64 = 0
        try forEachRow { row in
            value = row.integer(0)
            return false
        }
        return value
    }
}
