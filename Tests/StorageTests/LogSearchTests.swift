import Dispatch
import Model
import Testing

// `@testable`: a search that lasts as long as the test says is one of the store's own.
@testable import Storage

@Suite struct LogTextSearchTests {
    static let lines = [
        "Failed password for root from 203.0.113.7 port 4711", "connection to db-01 failed: timeout",
        "user_id=42 logged in", "naïve café served", "quick brown fox", "brown quick fox", "AND OR NOT NEAR",
        "100% of \"quoted\" (things) [here]* ^col:value",
    ]

    private func store(_ directory: TemporaryDirectory) async throws -> Store {
        let store = try openStore(directory)
        try await store.logs.append(
            Self.lines.enumerated().map { line($1, at: Int64($0), component: $0 == 0 ? "sshd" : "app") })
        return store
    }

    private func query(_ text: String) -> LogQuery {
        var query = LogQuery()
        query.text = text
        return query
    }

    @Test(
        "words are found whole, in any order and case; phrases in their order; what begins so with a star",
        arguments: [
            ("failed", [1, 0]), ("FAILED timeout", [1]), ("timeout failed", [1]), ("fail", []), ("fail*", [1, 0]),
            ("\"quick brown\"", [4]), ("brown quick", [5, 4]), ("\"quick bro\"*", [4]), ("sshd password", [0]),
            ("203.0.113.7", [0]), ("203.0.113", [0]), ("0.203", []), ("user_id=42", [2]), ("db-01", [1]),
            ("cafe NAIVE", [3]), ("\"quick brown", [5, 4]), ("--- fox ---", [5, 4]), ("nothing", []),
        ] as [(String, [Int])])
    func words(text: String, found: [Int]) async throws {
        let directory = try TemporaryDirectory()
        let store = try await store(directory)
        #expect(try await store.logs.messages(query(text)) == found.map { Self.lines[$0] })
        #expect(
            try await store.logs.history(of: query(text)).map(\.record.message)
                == found.reversed().map { Self.lines[$0] })
        await store.close()
    }

    @Test(
        "nothing that somebody writes is an operator of the index, or breaks it",
        arguments: [
            ("AND", [6]), ("and OR not", [6]), ("NEAR(AND OR)", []), ("(AND OR)", [6]), ("message : fox", []),
            ("component:sshd", []),
            ("tag:a1", []), ("a1", []), ("l2", []), ("fox OR", []), ("(fox", [5, 4]), ("fox)", [5, 4]),
            ("^fox", [5, 4]), ("fox + brown", [5, 4]), ("-fox", [5, 4]), ("{fox}", [5, 4]), ("quoted\"", [7]),
            ("\"quoted\" \"", [7]), ("'fox'", [5, 4]), ("fox; DROP TABLE lines", []), ("fox\u{0}brown", [5, 4]),
            ("\"fox\u{0}\" brown", [5, 4]), ("*fox", [5, 4]), ("** fox **", [5, 4]), ("\"\" fox", [5, 4]),
            ("col:value", [7]), ("lines_text MATCH fox", []),
        ] as [(String, [Int])])
    func operators(text: String, found: [Int]) async throws {
        let directory = try TemporaryDirectory()
        let store = try await store(directory)
        #expect(try await store.logs.messages(query(text)) == found.map { Self.lines[$0] })
        await store.close()
    }

    @Test(
        "text without a word, or with too much, is refused by its name",
        arguments: [
            "", " ", "\"\"", "*", "\"*\"*", "--- ... !", "\u{0}", "\u{301}", String(repeating: "x", count: 1_025),
            String(repeating: "a ", count: 33), "🦊",
        ])
    func refused(text: String) async throws {
        let directory = try TemporaryDirectory()
        let store = try await store(directory)
        let attempts: [() async throws -> Void] = [
            { _ = try await store.logs.search(query(text), offset: 0, limit: 1) },
            { _ = try await store.logs.lines(of: query(text), after: .zero, limit: 1) },
        ]
        for attempt in attempts {
            let error = await #expect(throws: StoreError.self) { try await attempt() }
            guard case .invalidQuery(field: "q", detail: _)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        await store.close()
    }

    @Test("random bytes are searched for or refused, and never an error of the index")
    func random() async throws {
        let directory = try TemporaryDirectory()
        let store = try await store(directory)
        var random = SplitMix.seeded("hostile searches")
        let pieces = Array(
            "\"*()^:+-{}[]\\'`;,.%_$#@!~ \u{0}\u{7}\u{301}éaß中AND OR NOT NEAR tag message fox 1 l2 \u{E000}🦊")
        for _ in 0..<500 {
            let text = String(
                (0..<Int.random(in: 1...20, using: &random)).map { _ in pieces.randomElement(using: &random)! })
            do {
                _ = try await store.logs.search(query(text), offset: 0, limit: 10)
            } catch StoreError.invalidQuery(field: "q", detail: _) {
            } catch {
                Issue.record("\(text.debugDescription): \(error)")
            }
        }
        await store.close()
    }
}

@Suite struct LogSearchModelTests {
    private static let words = ["alpha", "beta", "gamma", "delta", "rare"]
    private static let agents = (0..<12).map { "host\($0)" }
    private static let components = ["app", "sshd", "kernel", ""]

    private struct Model {
        var lines: [LogRecord] = []

        /// As `LogQuery` says it, with single words for text.
        func matches(_ query: LogQuery) -> [LogRecord] {
            lines.filter { line in
                (query.agents?.contains(line.agent) ?? true)
                    && (query.levels.isEmpty || query.levels.contains(line.level))
                    && (query.minimumLevel.map { line.level >= $0 } ?? true)
                    && (query.component.map { line.component == $0 } ?? true)
                    && (query.since.map { line.time >= $0 } ?? true) && (query.until.map { line.time < $0 } ?? true)
                    && (query.text ?? "").split(separator: " ").allSatisfy { word in
                        "\(line.message) \(line.component)".split(separator: " ").contains(word)
                    }
            }
        }

        /// The newest first; of the same time, the one that came later.
        func search(_ query: LogQuery) -> [LogRecord] {
            matches(query).enumerated()
                .sorted { ($1.element.time, $1.offset) < ($0.element.time, $0.offset) }.map(\.element)
        }
    }

    private func randomLine(_ number: Int, _ random: inout SplitMix) -> LogRecord {
        let words = (0..<3).map { _ in Self.words[Int.random(in: 0..<4, using: &random)] }
        let message = (words + (Int.random(in: 0..<50, using: &random) == 0 ? ["rare"] : []) + ["n\(number)"])
            .joined(separator: " ")
        // Mostly in order, with stragglers and lines of the same time.
        let time = Bool.random(using: &random) ? number : Int.random(in: 0...number, using: &random)
        return line(
            message, at: Int64(time / 3), agent: Self.agents.randomElement(using: &random)!,
            level: LogLevel.allCases.randomElement(using: &random)!,
            component: Self.components.randomElement(using: &random)!)
    }

    private func randomQuery(_ count: Int, _ random: inout SplitMix) -> LogQuery {
        func chance(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }
        var query = LogQuery()
        if chance(2) {
            let count = [0, 1, 2, 10, 12].randomElement(using: &random)!
            query.agents = Set((Self.agents + ["nobody"]).shuffled(using: &random).prefix(count).map { AgentID($0) })
        }
        if chance(3) {
            query.levels = Set(LogLevel.allCases.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
        }
        if chance(3) { query.minimumLevel = LogLevel.allCases.randomElement(using: &random) }
        if chance(4) { query.component = (Self.components + ["none"]).randomElement(using: &random) }
        if chance(2) {
            query.text = Self.words.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random))
                .joined(separator: " ")
        }
        if chance(3) { query.since = at(Int64.random(in: 0...Int64(count / 3), using: &random)) }
        if chance(3) { query.until = at(Int64.random(in: 0...Int64(count / 3 + 5), using: &random)) }
        return query
    }

    @Test(
        "every search finds what a plain filter finds, in the same order, over segments and pages",
        arguments: [3, 5_000])
    func model(lookedUp: Int) async throws {
        var random = SplitMix.seeded("log searches")
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) {
            $0.logs.segmentLines = 400
            $0.logs.lookedUpLines = lookedUp
            $0.logs.sortedLines = lookedUp
        }
        var model = Model()
        for _ in 0..<30 {
            let batch = (0..<50).map { randomLine(model.lines.count + $0, &random) }
            model.lines += batch
            try await store.logs.append(batch)
        }
        for _ in 0..<150 {
            let query = randomQuery(model.lines.count, &random)
            let expected = model.search(query)
            let offset = Int.random(in: 0...5, using: &random) * 10, limit = Int.random(in: 1...40, using: &random)
            let page = try await store.logs.search(query, offset: offset, limit: limit)
            #expect(page.total == expected.count && page.isTotalExact, "\(query)")
            #expect(page.lines == Array(expected.dropFirst(offset).prefix(limit)), "\(query)")
            let history = try await store.logs.history(of: query, pageSize: limit)
            #expect(history.map(\.record) == model.matches(query), "\(query)")
        }
        await store.close()
    }

    @Test("a history that is read while lines arrive has each of them once, in order")
    func historyWhileWriting() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) { $0.logs.segmentLines = 300 }
        try await store.logs.append((0..<500).map { line("n\($0)", at: Int64($0)) })
        var query = LogQuery()
        query.since = at(100)
        async let writing: Void = {
            for batch in 0..<20 {
                try await store.logs.append((0..<50).map { line("n\(500 + batch * 50 + $0)", at: 9_999) })
            }
        }()
        var seen: [String] = []
        var next = LogNumber.zero
        while seen.count < 1_400 {
            let page = try await store.logs.lines(of: query, after: next, limit: 33)
            seen += page.lines.map(\.record.message)
            #expect(page.next >= next)
            next = page.next
        }
        try await writing
        #expect(seen == (100..<1_500).map { "n\($0)" })
        #expect(next == store.logs.lastNumber)
        await store.close()
    }
}

@Suite struct LogSearchLimitTests {
    @Test("a page too deep is refused by its name, unless it is behind the last line")
    func depth() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        try await store.logs.append([line("a")])
        let deep = 2_000_000_000_000
        #expect(try await store.logs.search(LogQuery(), offset: deep, limit: 1_000).lines.isEmpty)
        #expect(try await store.logs.search(LogQuery(), offset: deep, limit: 1_000).total == 1)
        let events = try await store.logs.systemEvents(SystemEventQuery(agent: AgentID("a")), offset: deep, limit: 1)
        #expect(events.items.isEmpty && events.total == 0)
        await store.close()
    }

    @Test("a search that takes too long is given up with what to do, and the next one is not disturbed")
    func tooSlow() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) { $0.logs.searchTime = 0 }
        try await store.logs.append((0..<20_000).map { line("common n\($0)", at: Int64($0)) })
        var query = LogQuery()
        query.text = "common"
        await #expect(throws: StoreError.tooSlow(limit: 0)) {
            try await store.logs.search(query, offset: 0, limit: 10)
        }
        #expect("\(StoreError.tooSlow(limit: 5_000))".contains("narrow it"))
        #expect(store.logs.counters.searchesTooSlow == 1)
        await store.close()
        let again = try openStore(directory)
        #expect(try await again.logs.search(query, offset: 0, limit: 10).total == 20_000)
        await again.close()
    }

    @Test("when counting takes too long, the page is complete and the total a lower bound")
    func inexactTotal() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) {
            $0.logs.countingTime = 0
            $0.logs.segmentLines = 100
        }
        for batch in 0..<5 { try await store.logs.append((0..<100).map { line("x", at: Int64(batch * 100 + $0)) }) }
        var query = LogQuery()
        query.text = "x"
        let page = try await store.logs.search(query, offset: 50, limit: 100)
        #expect(page.lines.map(\.time) == (350..<450).reversed().map { at($0) })
        #expect(!page.isTotalExact && page.total >= 200 && page.total < 500)
        await store.close()
    }

    @Test("searches beyond the queue are refused at once; the one that runs and the one that waits are not disturbed")
    func queue() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) {
            $0.logs.searchThreads = 1
            $0.logs.searchQueue = 1
        }
        try await store.logs.append([line("common")])
        let logs = store.logs
        var query = LogQuery()
        query.text = "common"
        let ended = DispatchSemaphore(value: 0)
        let (started, start) = AsyncStream<Void>.makeStream()
        async let running = logs.search { _ in
            start.finish()
            ended.wait()
            return 1
        }
        for await _ in started {}
        let outcomes = await withTaskGroup(of: Result<Int, StoreError>.self) { group in
            for _ in 0..<20 {
                group.addTask { [query] in
                    do throws(StoreError) {
                        return .success(try await logs.search(query, offset: 0, limit: 1).total)
                    } catch { return .failure(error) }
                }
            }
            var outcomes: [Result<Int, StoreError>] = []
            while outcomes.count < 19, let outcome = await group.next() { outcomes.append(outcome) }
            ended.signal()
            if let last = await group.next() { outcomes.append(last) }
            return outcomes
        }
        #expect(outcomes == Array(repeating: .failure(.queueFull), count: 19) + [.success(1)])
        #expect(try await running == 1)
        #expect(try await logs.search(query, offset: 0, limit: 1).total == 1)
        await store.close()
    }
}

@Suite struct SystemEventTests {
    private func event(_ number: Int, agent: String = "web1", kind: String = "unit_failed") -> SystemEvent {
        SystemEvent(
            time: at(Int64(number)), agent: AgentID(agent), kind: kind,
            severity: SystemEventSeverity.allCases[number % 3], unit: "nginx.service", message: "event \(number)\u{0}x",
            attributes: ["code": "\(number)"])
    }

    @Test("events are found by agent, kind, severity and time, newest first, over segments and restarts")
    func events() async throws {
        let directory = try TemporaryDirectory()
        let small: (inout StoreSettings) -> Void = { $0.logs.segmentBytes = 1 }
        var store = try openStore(directory, small)
        let order = [3, 0, 5, 1, 4, 2]
        for number in order {
            try await store.logs.appended(
                LogBatch(
                    events: [event(number)],
                    position: position("web1", UInt64(100 + order.firstIndex(of: number)!), type: .systemEvents)))
        }
        try await store.logs.appended(LogBatch(events: [event(9, agent: "web2"), event(3, kind: "reboot")]))
        await store.close()
        store = try openStore(directory, small)
        var query = SystemEventQuery(agent: AgentID("web1"))
        func found(offset: Int = 0, limit: Int = 100) async throws -> ([SystemEvent], Int) {
            let page = try await store.logs.systemEvents(query, offset: offset, limit: limit)
            return (page.items, page.total)
        }
        let all = [event(5), event(4), event(3, kind: "reboot"), event(3), event(2), event(1), event(0)]
        #expect(try await found() == (all, 7))
        #expect(try await found(offset: 2, limit: 3) == (Array(all[2..<5]), 7))
        #expect(try await found(offset: 7, limit: 3) == ([], 7))
        query.kind = "reboot"
        #expect(try await found() == ([event(3, kind: "reboot")], 1))
        query.kind = nil
        query.minimumSeverity = .critical
        #expect(try await found() == ([event(5), event(2)], 2))
        query.minimumSeverity = nil
        query.since = at(1)
        query.until = at(3)
        #expect(try await found() == ([event(2), event(1)], 2))
        query = SystemEventQuery(agent: AgentID("nobody"))
        #expect(try await found() == ([], 0))
        #expect(store.logs.counters.events == 0, "counted from the start of the process")
        await store.close()
    }
}
