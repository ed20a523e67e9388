import Gateway
import JSON
import Model
import TestSupport
import Testing
import Wire

@Suite struct ContainerLogTests {
    private typealias Line = ScriptedAgent.LogLine

    private func agent(of gateway: TestGateway) async throws -> ScriptedAgent {
        try await gateway.agent { $0.streamTypes = ["metrics", "container_logs"] }
    }

    /// A listener whose stream runs on the agent.
    private func listen(_ gateway: TestGateway, config: String = "", receiveBuffer: Int32? = nil) async throws
        -> EventSource
    {
        let path = try await gateway.subscribe("container_logs", agent: "agent1", resource: "web", config: config)
        let stream = try EventSource(port: gateway.httpPort, path, receiveBuffer: receiveBuffer)
        try await eventually("it is open") { stream.text.contains("id: ") }
        return stream
    }

    private func texts(_ events: [EventSource.Event]) -> [String?] { events.map { $0.data["data"]?["line"]?.string } }

    private func kinds(_ stream: EventSource) -> [String] {
        stream.events.map(\.kind).filter { $0 != "stream_status" }
    }

    @Test("a listener makes the agent follow the container, gets its lines, and the stream stops when it leaves")
    func lines() async throws {
        let gateway = try await TestGateway()
        let agent = try await agent(of: gateway)
        let stream = try await listen(gateway)
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        agent.containerLogs(ref: ref, [Line(1, "one"), Line(2, "two", isStderr: true)])
        agent.containerLogs(ref: ref, [Line(3, "three")])
        let events = try await stream.hear(3, "container_logs")
        #expect(texts(events) == ["one", "two", "three"])
        let id = try #require(events[1].id)
        let start = """
            id: \(id)
            event: container_logs
            data: {"type":"container_log","stream_type":"container_logs","agent_id":"agent1","resource":"web",\
            "view":"container_logs","timestamp":"
            """
        #expect(events[1].bytes.hasPrefix(start))
        let end = """
            ","data":{"container_id":"4f9c","container_name":"web","stream":"stderr","line":"two","seq":2,\
            "container_timestamp":1700000000.25,"truncated":false},"metadata":{}}


            """
        #expect(events[1].bytes.hasSuffix(end))
        #expect(Set(events.map(\.id)).count == 3)
        #expect(kinds(stream) == Array(repeating: "container_logs", count: 3))
        let described = try await gateway.get("/agents/agent1/streams")["streams"]?.array?.first
        #expect(described?["events_in"] == .integer(3) && described?["events_out"] == .integer(3))
        stream.leave()
        _ = try await agent.hearDesired(containerLogs: 0)
        await gateway.stop()
    }

    @Test("lines that the agent dropped are a gap in their place, for every reader of the view")
    func holes() async throws {
        let gateway = try await TestGateway { $0.clientLoops = 2 }
        let agent = try await agent(of: gateway)
        var streams: [EventSource] = []
        for _ in 0..<8 { streams.append(try await listen(gateway)) }
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        agent.containerLogs(ref: ref, [Line(1, "1"), Line(5, "5"), Line(6, "6")])
        agent.containerLogs(ref: ref, [Line(11, "11")], gap: 8...10)
        agent.containerLogs(ref: ref, [], gap: 12...12)
        for stream in streams {
            let gaps = try await stream.hear(3, "gap").map(\.data)
            #expect(gaps.map { $0["missed"] } == [.integer(3), .integer(4), .integer(1)])
            #expect(gaps.map { $0["from"] } == [.integer(2), .integer(7), .integer(12)])
            #expect(gaps.map { $0["to"] } == [.integer(4), .integer(10), .integer(12)])
            #expect(gaps.allSatisfy { $0["subscription_id"]?.string?.hasPrefix("sub_") == true })
            let log = "container_logs"
            #expect(kinds(stream) == [log, "gap", log, log, "gap", log, "gap"])
        }
        #expect(Set(streams.map { $0.events("gap")[0].data["subscription_id"]?.string }).count == 8)
        let metrics = try await gateway.call("GET", "/metrics").text
        #expect(metrics.contains("sluice_container_lines_dropped_total 8\n"))
        await gateway.stop()
    }

    @Test("an agent that comes back is told the last line that came, so that it can go on there")
    func agentComesBack() async throws {
        let gateway = try await TestGateway()
        let first = try await agent(of: gateway)
        let stream = try await listen(gateway)
        let ref = try await first.hearDesired(containerLogs: 1)[0]
        first.containerLogs(ref: ref, [Line(1, "one"), Line(2, "two")])
        try await stream.hear(2, "container_logs")
        first.goodbye(.stopping)
        try await gateway.waitForAgent(isConnected: false)
        let second = try await agent(of: gateway)
        #expect(try await second.hearDesired(containerLogs: 1) == [ref])
        let wanted = second.said.lazy.compactMap {
            if case .desired(_, let streams) = $0 { streams.first { $0.ref == ref } } else { nil }
        }.first
        #expect(wanted?.stored?.seq == 2)
        second.containerLogs(ref: ref, [Line(5, "five")])
        #expect(try await stream.hear(1, "gap")[0].data["missed"] == .integer(2))
        await gateway.stop()
    }

    @Test("a query leaves the lines that have it, in whatever case, and says what it is in the view's name")
    func query() async throws {
        let gateway = try await TestGateway()
        let agent = try await agent(of: gateway)
        let some = try await listen(gateway, config: "\"query\":\"Time OUT\"")
        let all = try await listen(gateway)
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        agent.containerLogs(
            ref: ref, [Line(1, "a TIME out"), Line(2, "timeout"), Line(3, "time ou"), Line(4, "no time out here")])
        #expect(texts(try await all.hear(4, "container_logs")).count == 4)
        let events = try await some.hear(2, "container_logs")
        #expect(texts(events) == ["a TIME out", "no time out here"])
        #expect(events[0].data["view"] == .string("container_logs;query=Time OUT"))
        #expect(some.events("gap").isEmpty, "what the query leaves out is not missing")
        await gateway.stop()
    }

    @Test("lines of a container have no level: who asks for levels gets them all, and is told that it asked in vain")
    func levels() async throws {
        let gateway = try await TestGateway()
        let agent = try await agent(of: gateway)
        let body = """
            {"stream_type":"container_logs","agent_id":"agent1","resource":"web","config":{"levels":["ERROR"]}}
            """
        let answer = try JSONParser.parse(try await gateway.call("POST", "/subscriptions", body).body)
        #expect(answer["config"]?["levels"] == nil && answer["view"] == .string("container_logs"))
        let stream = try EventSource(port: gateway.httpPort, try #require(answer["stream_url"]?.string))
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        agent.containerLogs(ref: ref, [Line(1, "INFO all is well")])
        try await stream.hear(1, "container_logs")
        await gateway.stop()
    }

    @Test(
        "whatever a container prints is one event",
        arguments: [[0xFF, 0x61], [0x0A, 0x0A], [0x00], [], [0xE2, 0x82]])
    func bytes(_ text: [UInt8]) async throws {
        let gateway = try await TestGateway()
        let agent = try await agent(of: gateway)
        let stream = try await listen(gateway)
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        agent.containerLogs(ref: ref, [Line(nil, text), Line(nil, "after")])
        let events = try await stream.hear(2, "container_logs")
        #expect(texts(events) == [String(decoding: text, as: UTF8.self), "after"])
        #expect(events[0].data["data"]?["seq"] == .null)
        await gateway.stop()
    }

    @Test("a listener that does not read loses the oldest lines, and a gap stands for them")
    func slow() async throws {
        let gateway = try await TestGateway { $0.maxClientBytes = 100_000 }
        let agent = try await agent(of: gateway)
        let slow = try await listen(gateway, config: "\"buffer_size\":10", receiveBuffer: 4_096)
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        let long = String(repeating: "x", count: 9_000)
        let total: UInt64 = 600
        for seq in 1...total { agent.containerLogs(ref: ref, [Line(seq, "\(seq) " + long)]) }
        try await eventually("the last line comes") {
            texts(slow.events("container_logs")).last??.hasPrefix("\(total) ") == true
        }
        let numbers = slow.events("container_logs").compactMap { $0.data["data"]?["seq"]?.int }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        let missed = slow.events("gap").compactMap { $0.data["missed"]?.int }.reduce(0, +)
        #expect(missed > 0 && numbers.count + Int(missed) == Int(total))
        await gateway.stop()
    }

    @Test("a listener that comes back hears how many lines it missed, those that the agent dropped included")
    func resumption() async throws {
        let gateway = try await TestGateway()
        let agent = try await agent(of: gateway)
        let path = try await gateway.subscribe("container_logs", agent: "agent1", resource: "web")
        let first = try EventSource(port: gateway.httpPort, path)
        let other = try await listen(gateway)
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        try await eventually("it is open") { first.text.contains("id: ") }
        agent.containerLogs(ref: ref, [Line(1, "1")])
        let seen = try await first.hear(1, "container_logs")
        first.leave()
        try await eventually("the gateway has noticed") {
            try await gateway.get(path.replacing("/streams/", with: "/subscriptions/"))["status"]
                == .string("disconnected")
        }
        agent.containerLogs(ref: ref, [Line(2, "2"), Line(10, "10")])
        try await other.hear(3, "container_logs")
        let second = try EventSource(port: gateway.httpPort, path, lastEventID: seen[0].id)
        #expect(try await second.hear(1, "gap")[0].data["missed"] == .integer(9))
        await gateway.stop()
    }

    @Test(
        "numbers that no line can have end the connection",
        arguments: [(UInt64.max, nil), ((1 << 53) + 1, nil), (1, 1...UInt64.max)] as [(UInt64, ClosedRange<UInt64>?)])
    func hostileNumbers(_ seq: UInt64, _ gap: ClosedRange<UInt64>?) async throws {
        let gateway = try await TestGateway()
        let agent = try await agent(of: gateway)
        let stream = try await listen(gateway)
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        agent.containerLogs(ref: ref, [Line(seq, "x")], gap: gap)
        try await agent.hearEnd()
        #expect(stream.events("container_logs").isEmpty && stream.events("gap").isEmpty)
        await gateway.stop()
    }

    @Test("the largest numbers that a line can have, again and again, do no harm")
    func largestNumbers() async throws {
        let gateway = try await TestGateway()
        let agent = try await agent(of: gateway)
        let stream = try await listen(gateway)
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        // Over 2^64 lost lines in all.
        let jumps = (0..<2_100).flatMap { _ in [Line(1, "a"), Line(1 << 53, "b")] }
        agent.containerLogs(ref: ref, jumps)
        agent.containerLogs(ref: ref, [Line(1, "the end")])
        try await eventually("the end comes") { stream.text.contains("the end") }
        // Those that have no numbers are of lines that the listener was too slow for.
        let dropped = stream.events("gap").filter { $0.data["from"] != nil }
        #expect(!dropped.isEmpty && dropped.allSatisfy { $0.data["missed"] == .integer((1 << 53) - 2) })
        await gateway.stop()
    }

    @Test("a batch as large as a frame may be is taken, also one without a line")
    func largeBatch() async throws {
        let gateway = try await TestGateway()
        let agent = try await agent(of: gateway)
        let stream = try await listen(gateway, config: "\"buffer_size\":10000")
        let ref = try await agent.hearDesired(containerLogs: 1)[0]
        agent.containerLogs(ref: ref, [])
        agent.containerLogs(ref: ref, (1...9_000 as ClosedRange<UInt64>).map { Line($0, "x") })
        try await eventually("the last line comes") { stream.text.contains("\"seq\":9000,") }
        await gateway.stop()
    }

    @Test("samples of another kind than the stream's reach nobody")
    func otherKind() async throws {
        let gateway = try await TestGateway()
        let agent = try await agent(of: gateway)
        let logs = try await listen(gateway)
        let metrics = try await gateway.listen("metrics", agent: "agent1")
        let logsRef = try await agent.hearDesired(containerLogs: 1)[0]
        let metricsRef = try await agent.hearDesired(metrics: [5_000]).streams[0].ref
        agent.metrics(ref: logsRef, generation: 1, cpu: 1, at: 1_000)
        agent.containerLogs(ref: metricsRef, [Line(1, "x")])
        agent.containerLogs(ref: logsRef, [Line(1, "y")])
        #expect(texts(try await logs.hear(1, "container_logs")) == ["y"])
        agent.metrics(ref: metricsRef, generation: 1, cpu: 2, at: 1_000)
        try await metrics.hear(1, "metrics")
        #expect(kinds(logs) == ["container_logs"] && kinds(metrics) == ["metrics"])
        await gateway.stop()
    }
}
