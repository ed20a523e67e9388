import Glibc
import Model
import Storage
import Testing

/// A line that differs from others in what a test is about.
func line(
    _ message: String, at time: Int64 = 1_000, agent: String = "web1", level: LogLevel = .info,
    component: String = "app", source: String = "/var/log/app.log", attributes: String = ""
) -> LogRecord {
    LogRecord(
        time: at(time), agent: AgentID(agent), level: level, component: component, message: message, source: source,
        attributes: Array(attributes.utf8))
}

func position(_ agent: String, _ seq: UInt64, origin: UInt64 = 7, type: StreamType = .logAggregation) -> StreamPosition
{
    StreamPosition(agent: AgentID(agent), type: type, origin: origin, seq: seq)
}

extension LogStore {
    @discardableResult
    func appended(_ batch: LogBatch) async throws -> StoredBatch {
        try await withCheckedContinuation { continuation in
            append(batch) { continuation.resume(returning: $0) }
        }.get()
    }

    @discardableResult
    func append(_ lines: [LogRecord], _ position: StreamPosition? = nil) async throws -> StoredBatch {
        try await appended(LogBatch(lines: lines, position: position))
    }

    /// The messages that are found, newest first.
    func messages(_ query: LogQuery = LogQuery(), offset: Int = 0, limit: Int = 100) async throws -> [String] {
        try await search(query, offset: offset, limit: limit).lines.map(\.message)
    }

    /// The whole history of a query.
    func history(of query: LogQuery, pageSize: Int = 100) async throws -> [NumberedLog] {
        var lines: [NumberedLog] = []
        var next = LogNumber.zero
        while true {
            let page = try await self.lines(of: query, after: next, limit: pageSize)
            #expect(page.lines.count <= pageSize)
            lines += page.lines
            next = page.next
            if page.isAtEnd { return lines }
        }
    }
}

@Suite struct LogStoreTests {
    @Test("a line comes back as it was, NUL and all, in this life and the next")
    func roundTrip() async throws {
        let directory = try TemporaryDirectory()
        let lines = [
            line("first\u{0} \"quoted\" ünïcode 🦊", at: -5, level: .trace, component: "", source: ""),
            line(
                "", at: 1_795_447_000_123, agent: "web2", level: .fatal, component: "c\u{0}d", attributes: #"{"a":1}"#),
        ]
        var store = try openStore(directory)
        try await store.logs.append(lines)
        let page = try await store.logs.search(LogQuery(), offset: 0, limit: 10)
        #expect(page.lines == lines.reversed() && page.total == 2 && page.isTotalExact)
        await store.close()
        store = try openStore(directory)
        #expect(try await store.logs.search(LogQuery(), offset: 0, limit: 10).lines == lines.reversed())
        #expect(try await store.logs.history(of: LogQuery()).map(\.record) == lines)
        await store.close()
    }

    @Test("positions come with their lines, the newest of each agent and stream")
    func positions() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory)
        try await store.logs.append([line("a")], position("web1", 3))
        try await store.logs.append([line("b")], position("web1", 9))
        try await store.logs.append([], position("web2", .max, origin: .max, type: .systemEvents))
        await store.close()
        store = try openStore(directory)
        #expect(
            store.logs.positions().sorted { $0.agent < $1.agent }
                == [position("web1", 9), position("web2", .max, origin: .max, type: .systemEvents)])
        await store.close()
    }

    @Test("a batch that is stored already is answered, and not written again; another origin is another stream")
    func duplicates() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let first = try await store.logs.append([line("a"), line("b")], position("web1", 2))
        #expect(first.isDuplicate == false)
        #expect(try await store.logs.append([line("a"), line("b")], position("web1", 2)).isDuplicate)
        #expect(try await store.logs.append([line("a")], position("web1", 1)).isDuplicate)
        #expect(try await store.logs.messages() == ["b", "a"])
        #expect(store.logs.counters.duplicates == 2)
        #expect(try await !store.logs.append([line("c")], position("web1", 1, origin: 8)).isDuplicate)
        #expect(try await store.logs.messages() == ["c", "b", "a"])
        await store.close()
    }

    @Test("numbers rise in the order of arrival, line by line, and are never given twice")
    func numbers() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory) { $0.logs.segmentLines = 3 }
        var numbers: [LogNumber] = []
        for round in 0..<5 {
            let stored = try await store.logs.append([line("\(round) a"), line("\(round) b")])
            let first = try #require(stored.firstLine)
            numbers += [first, LogNumber(rawValue: first.rawValue + 1)]
            if round == 2 {
                await store.close()
                store = try openStore(directory) { $0.logs.segmentLines = 3 }
            }
        }
        #expect(numbers == numbers.sorted() && Set(numbers).count == 10)
        #expect(try await store.logs.history(of: LogQuery()).map(\.number) == numbers)
        #expect(store.logs.lastNumber == numbers.last)
        await store.close()
    }
}
