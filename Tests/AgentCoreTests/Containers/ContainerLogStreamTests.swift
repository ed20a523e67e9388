import Synchronization
import Testing

@testable import AgentCore

@Suite("Logs of containers", .serialized)
struct ContainerLogStreamTests {
    private typealias Reply = FakeEngine.Reply

    private static func detail(_ id: String = "c1", isRunning: Bool = true, start: Int = 1) -> Reply {
        .json(
            200,
            #"{"Id":"\#(id)","Name":"/web","Config":{"Tty":false},"State":{"Running":\#(isRunning),"StartedAt":"\#(start)"}}"#
        )
    }

    /// Line `n` has the time of its number.
    private static func lines(_ numbers: ClosedRange<Int>) -> [UInt8] {
        numbers.flatMap { frame(1, "1970-01-01T00:00:0\($0).000000000Z line \($0)\n") }
    }

    private func wanted(_ ref: UInt32 = 7, after: UInt64? = nil) -> ScriptedGateway.Wanted {
        ScriptedGateway.Wanted(
            ref: ref, type: "container_logs", interval: 50, resource: "web", tail: 5, after: after)
    }

    private func withEngine(
        _ answer: @escaping @Sendable (FakeEngine.Request) -> Reply,
        _ body: (FakeEngine, ScriptedGateway) async throws -> Void
    ) async throws {
        let engine = FakeEngine(answer)
        defer { engine.stop() }
        try await withAgent({ $0.containerHost = engine.host }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await body(engine, gateway)
        }
    }

    @Test("the last lines come first, then what is printed; nothing is asked before somebody wants it")
    func follows() async throws {
        try await withEngine({ request in
            request.path.hasSuffix("json") ? Self.detail() : .open([streamHead, Self.lines(1...3)])
        }) { engine, gateway in
            #expect(engine.count("/containers/web/json") == 0)
            try await gateway.desire(1, [wanted()])
            try await eventually("the lines") { gateway.state.containerLines.count == 3 }
            #expect(gateway.state.containerLines.map(\.seq) == [1, 2, 3])
            #expect(gateway.state.containerLines.map(\.text) == ["line 1", "line 2", "line 3"])
            #expect(gateway.state.containerLines[1].time == 2)
            let logs = try #require(engine.requests.last { $0.path == "/containers/c1/logs" })
            #expect(logs.query["tail"] == "5" && logs.query["follow"] == "1" && logs.query["since"] == nil)
            try await gateway.desire(2, [])
        }
    }

    @Test("over a restart of the container no line is missing and none comes twice")
    func restart() async throws {
        let start = Atomic(1)
        try await withEngine({ request in
            if request.path == "/containers/web/json" { return Self.detail(start: start.load(ordering: .relaxed)) }
            guard request.path == "/containers/c1/logs" else { return .json(404, "{}") }
            if request.query["since"] == nil { return .raw([streamHead, Self.lines(1...2)]) }
            return .open([streamHead, Self.lines(2...4)])
        }) { engine, gateway in
            try await gateway.desire(1, [wanted()])
            try await eventually("all lines") { gateway.state.containerLines.count >= 4 }
            #expect(gateway.state.containerLines.map(\.seq) == [1, 2, 3, 4])
            #expect(gateway.state.containerLines.map(\.text) == (1...4).map { "line \($0)" })
            #expect(engine.requests.contains { $0.query["since"] == "2.000000000" && $0.query["tail"] == nil })
        }
    }

    @Test("a last line without a break is a line, and so is the first one after a restart of the container")
    func restartWithoutBreak() async throws {
        let start = Atomic(1)
        let last = frame(1, "1970-01-01T00:00:02.000000000Z text") + frame(2, "1970-01-01T00:00:02.000000000Z err")
        let first = frame(1, "1970-01-01T00:00:03.000000000Z hello\n")
        try await withEngine({ request in
            if request.path == "/containers/web/json" { return Self.detail(start: start.load(ordering: .relaxed)) }
            if request.query["since"] == nil {
                start.store(2, ordering: .relaxed)
                return .raw([streamHead, Self.lines(1...1), last])
            }
            return .open([streamHead, last, first])
        }) { _, gateway in
            try await gateway.desire(1, [wanted()])
            try await eventually("all lines") { gateway.state.containerLines.count >= 4 }
            #expect(gateway.state.containerLines.map(\.text) == ["line 1", "text", "err", "hello"])
            #expect(gateway.state.containerLines.last?.time == 3)
        }
    }

    @Test("a line in whose middle the connection to the engine breaks comes as a whole when that is back")
    func brokenLine() async throws {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".utf8)
        let line = frame(1, "1970-01-01T00:00:02.000000000Z a whole line\n")
        try await withEngine({ request in
            if request.path == "/containers/web/json" { return Self.detail() }
            if request.query["since"] == nil { return .raw([head, Self.lines(1...1), Array(line.dropLast(6))]) }
            return .open([streamHead, Self.lines(1...1), line])
        }) { _, gateway in
            try await gateway.desire(1, [wanted()])
            try await eventually("all lines") { gateway.state.containerLines.count >= 2 }
            #expect(gateway.state.containerLines.map(\.text) == ["line 1", "a whole line"])
        }
    }

    @Test("a container that has ended is not read again before it is started")
    func ended() async throws {
        let start = Atomic(1)
        try await withEngine({ request in
            if request.path == "/containers/web/json" {
                return Self.detail(isRunning: false, start: start.load(ordering: .relaxed))
            }
            return .raw([streamHead] + (request.query["since"] == nil ? [Self.lines(1...1)] : [Self.lines(1...2)]))
        }) { engine, gateway in
            try await gateway.desire(1, [wanted()])
            try await eventually("it is looked at again") { engine.count("/containers/web/json") >= 3 }
            #expect(engine.count("/containers/c1/logs") == 1)
            start.store(2, ordering: .relaxed)
            try await eventually("the new line") { gateway.state.containerLines.count == 2 }
            #expect(gateway.state.containerLines.map(\.text) == ["line 1", "line 2"])
        }
    }

    @Test("while there is no such container the stream says so; one that gets the name is read from its beginning")
    func appears() async throws {
        let id = Mutex<String?>(nil)
        try await withEngine({ request in
            guard request.path == "/containers/web/json" else {
                return .open([
                    streamHead, request.path == "/containers/c1/logs" ? Self.lines(1...1) : Self.lines(5...6),
                ])
            }
            return id.withLock { $0.map { Self.detail($0) } ?? .json(404, #"{"message":"No such container: web"}"#) }
        }) { engine, gateway in
            try await gateway.desire(1, [wanted()])
            try await eventually("it says so") { gateway.state.states.last?.rejected == [7: "not_found"] }
            #expect(gateway.state.states.last?.running == [])
            id.withLock { $0 = "c1" }
            try await eventually("the line") { gateway.state.containerLines.count == 1 }
            #expect(gateway.state.states.last == .init(generation: 1, running: [7], rejected: [:]))
        }
    }

    @Test("after a loss of the connection to the gateway the lines go on, with their numbers where it knows them")
    func reconnects() async throws {
        try await withEngine({ request in
            if request.path == "/containers/web/json" { return Self.detail() }
            return .open([streamHead, request.query["since"] == nil ? Self.lines(1...3) : Self.lines(3...5)])
        }) { _, gateway in
            try await gateway.desire(1, [wanted()])
            try await eventually("the lines") { gateway.state.containerLines.count == 3 }
            for (after, expected) in [(3, [4, 5]), (nil, [1, 2])] as [(UInt64?, [UInt64])] {
                let (hellos, lines) = (gateway.state.hellos.count, gateway.state.containerLines.count)
                try await gateway.dropConnection()
                try await eventually("it is back") { gateway.state.hellos.count > hellos }
                try await gateway.desire(1, [wanted(after: after)])
                guard after != nil else { break }
                try await eventually("the rest") { gateway.state.containerLines.count == lines + 2 }
                #expect(gateway.state.containerLines.suffix(2).map(\.seq) == expected)
                #expect(gateway.state.containerLines.suffix(2).map(\.text) == ["line 4", "line 5"])
            }
        }
    }

    @Test("a flood waits for a gateway that does not read, and is complete when it does")
    func flood() async throws {
        let text = String(repeating: "x", count: 1_000)
        let count = 20_000
        let flood = (0..<count).flatMap { frame(1, "2024-05-06T07:08:09.\($0 + 100_000)Z \($0) \(text)\n") }
        try await withEngine({ request in
            request.path == "/containers/web/json" ? Self.detail() : .open([streamHead, flood])
        }) { _, gateway in
            try await gateway.stopReading()
            try await gateway.goOnReading()
            try await gateway.desire(1, [wanted()])
            try await eventually("some lines") { gateway.state.containerLines.count > 100 }
            try await gateway.stopReading()
            try await Task.sleep(for: .milliseconds(200))
            try await gateway.goOnReading()
            try await eventually("all lines") { gateway.state.containerLines.count == count }
            #expect(gateway.state.containerLines.map(\.seq) == (1...UInt64(count)).map { $0 })
            #expect(gateway.state.containerLines.last?.text.hasPrefix("\(count - 1) ") == true)
        }
    }

    @Test("the list of containers has what the running ones take; requests that come together share one look")
    func list() async throws {
        let cpu = Atomic(0)
        try await withEngine({ request in
            switch request.path {
            case "/containers/json":
                return .json(
                    200,
                    #"[{"Id":"a","Names":["/up"],"State":"running"},{"Id":"b","Names":["/down"],"State":"exited"}]"#)
            case "/containers/a/stats":
                let total = cpu.add(100_000_000, ordering: .relaxed).newValue
                return .json(
                    200,
                    #"{"cpu_stats":{"cpu_usage":{"total_usage":\#(total)},"online_cpus":1},"memory_stats":{"usage":9}}"#
                )
            default: return .json(404, "{}")
            }
        }) { engine, gateway in
            try await gateway.askForContainers("r1")
            try await gateway.askForContainers("r2")
            try await eventually("both answers") { gateway.state.containers.count == 2 }
            let list = gateway.state.containers[0]
            #expect(list.names == ["up", "down"] && list.memory == [9, nil] && list.cpu[1] == nil)
            #expect(try #require(list.cpu[0]) > 0 && (list.cpu[0] ?? 0) <= 10.1)
            #expect(Set(gateway.state.containers.compactMap(\.requestID)) == ["r1", "r2"])
            #expect(engine.count("/containers/json") == 1)
        }
    }

    @Test("what becomes of containers is among the system events; the connection is opened again where it was")
    func events() async throws {
        let event =
            #"{"Type":"container","Action":"die","timeNano":5000000001,"#
            + #""Actor":{"ID":"c1","Attributes":{"name":"web","exitCode":"3"}}}"# + "\n"
        let engine = FakeEngine(events: .open([streamHead, Array(event.utf8)])) { _ in .json(200, "[]") }
        defer { engine.stop() }
        try await withAgent({ $0.containerHost = engine.host }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.desire(1, [.init(ref: 1, type: "system_events")])
            try await eventually("the event") {
                gateway.state.reliable["system_events"]?.items.contains("container_died") == true
            }
            #expect(engine.eventRequests.count == 1)
            #expect(engine.eventRequests[0].query["filters"]?.contains("die") == true)
        }
    }

    @Test("an agent without an engine says why there is no list")
    func noList() async throws {
        try await withAgent({ $0.containerHost = ContainerHost("/tmp/there-is-no-such-socket") }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.askForContainers("r1")
            try await eventually("the answer") { gateway.state.containers.first?.code == "failed" }
        }
    }
}
