import JSON
import TestSupport
import Testing
import Wire

@Suite("Logs and events of agents")
struct LogTests {
    private static func hello(_ hello: inout ScriptedAgent.Hello) {
        hello.streamTypes = ["metrics", "health_check", "log_aggregation", "system_events"]
    }

    private func messages(_ gateway: TestGateway, _ query: String = "") async throws -> [String] {
        let found = try await gateway.get("/logs/search?agent_id=agent1\(query)")
        return (found["logs"]?.array ?? []).compactMap { $0["message"]?.string }
    }

    @Test("lines are acknowledged when they are stored, and are found then, newest first")
    func storedAndFound() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent(Self.hello)
        let stream = try await agent.hearStream("log_aggregation")
        agent.logs(ref: stream.ref, from: 1, ["ERROR disk is full", "INFO all is well", "WARN slow"])
        try await agent.hearAck(of: stream.ref, upTo: 3)
        let found = try await gateway.get("/logs/search?agent_id=agent1&level=ERROR&since=1h")
        #expect(found["total"] == .integer(1) && found["page"] == .integer(1))
        let line = try #require(found["logs"]?.array?.first)
        #expect(line["level"] == .string("ERROR") && line["agent_id"] == .string("agent1"))
        #expect(line["source"] == .string("/var/log/app.log"))
        #expect(try await messages(gateway).count == 3)
        #expect(try await messages(gateway, "&q=slow").count == 1)
        await gateway.stop()
    }

    @Test("what an agent sends again is stored once, also after the gateway was started anew")
    func onceOnly() async throws {
        let data = try TemporaryDirectory()
        var gateway = try await TestGateway(data: data.path)
        var agent = try await gateway.agent(Self.hello)
        var stream = try await agent.hearStream("log_aggregation")
        #expect(stream.stored == nil)
        agent.logs(ref: stream.ref, from: 1, ["one", "two", "three"])
        try await agent.hearAck(of: stream.ref, upTo: 3)
        agent.logs(ref: stream.ref, from: 2, ["two", "three", "four"])
        try await agent.hearAck(of: stream.ref, upTo: 4)
        await gateway.stop()

        gateway = try await TestGateway(data: data.path)
        agent = try await gateway.agent(Self.hello)
        stream = try await agent.hearStream("log_aggregation")
        #expect(stream.stored == .init(origin: 77, seq: 4))
        agent.logs(ref: stream.ref, from: 3, ["three", "four", "five"])
        try await agent.hearAck(of: stream.ref, upTo: 5)
        #expect(try await messages(gateway) == ["five", "four", "three", "two", "one"])
        await gateway.stop()
    }

    @Test("an agent that has lost its numbers begins at 1 without being taken for one that repeats")
    func newOrigin() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent(Self.hello)
        let stream = try await agent.hearStream("log_aggregation")
        agent.logs(ref: stream.ref, from: 1, ["one", "two"])
        try await agent.hearAck(of: stream.ref, upTo: 2)
        agent.logs(ref: stream.ref, from: 1, ["three"], origin: 99)
        try await agent.hearAck(of: stream.ref, upTo: 1)
        #expect(try await messages(gateway) == ["three", "two", "one"])
        await gateway.stop()
    }

    @Test("a stack trace is one entry, and other files' lines between its own are stored once")
    func stackTrace() async throws {
        let data = try TemporaryDirectory()
        let gateway = try await TestGateway(data: data.path)
        let agent = try await gateway.agent(Self.hello)
        let stream = try await agent.hearStream("log_aggregation")
        agent.logs(ref: stream.ref, from: 1, ["Exception in thread \"main\" java.lang.IllegalStateException: no"])
        agent.logs(ref: stream.ref, from: 2, ["a line of another file"], source: "/var/log/other.log")
        agent.logs(ref: stream.ref, from: 3, ["\tat com.example.Main.run(Main.java:7)"])
        agent.logs(ref: stream.ref, from: 4, ["all is well again"])
        try await agent.hearAck(of: stream.ref, upTo: 4)
        let found = try await messages(gateway)
        #expect(found.count == 3, "\(found)")
        #expect(found.count { $0.contains("Main.java:7") && $0.contains("IllegalStateException") } == 1)
        #expect(found.count { $0 == "a line of another file" } == 1)
        await gateway.stop()
    }

    @Test("numbers that no line can have end the connection")
    func badNumbers() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent(Self.hello)
        let stream = try await agent.hearStream("log_aggregation")
        agent.logs(ref: stream.ref, from: .max - 1, ["one"])
        try await agent.hearEnd()
        await gateway.stop()
    }

    @Test("events of a host are listed, newest first, and acknowledged")
    func events() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent(Self.hello)
        let stream = try await agent.hearStream("system_events")
        agent.event(ref: stream.ref, number: 1, kind: "login", severity: .info, message: "root has logged in")
        agent.event(ref: stream.ref, number: 2, kind: "unit_failed", severity: .warning, message: "it failed")
        try await agent.hearAck(of: stream.ref, upTo: 2)
        let found = try await gateway.get("/agents/agent1/events?kind=unit_failed")
        #expect(found["total"] == .integer(1))
        let event = try #require(found["events"]?.array?.first)
        #expect(event["severity"] == .string("warning") && event["unit"] == .string("some.service"))
        await gateway.stop()
    }

    @Test("lines that matter are relayed as they come; all of them to those who ask for all")
    func processedLogs() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent(Self.hello)
        let some = try await gateway.listen("processed_logs", agent: "agent1")
        let all = try await gateway.listen("processed_logs", agent: "*", config: "\"all\":true")
        for stream in [some, all] { try await eventually("it is open") { stream.text.contains("id: ") } }
        let stream = try await agent.hearStream("log_aggregation")
        agent.logs(ref: stream.ref, from: 1, ["INFO all is well", "ERROR cannot open the database"])
        let events = try await all.hear(2, "processed_logs")
        let relayed = try await some.hear(1, "processed_logs")
        #expect(relayed.count == 1)
        let log = try #require(relayed[0].data["data"])
        #expect(log["original"]?["message"]?.string?.contains("cannot open the database") == true)
        #expect(log["severity"] == .string("high") && log["actionable"] == .bool(false))
        #expect(log["structured"]?["template"] != nil && log["threats"]?.array?.isEmpty == true)
        #expect(relayed[0].data["type"] == .string("processed_logs") && events[0].data["agent_id"] == .string("agent1"))
        await gateway.stop()
    }

    @Test("with since, lines that are stored come first and live ones then, each once, while more are written")
    func historyThenLive() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent(Self.hello)
        let stream = try await agent.hearStream("log_aggregation")
        var next: UInt64 = 1
        func write(_ count: UInt64) {
            agent.logs(ref: stream.ref, from: next, (next..<next + count).map { "line \($0) is here" })
            next += count
        }
        write(500)
        try await agent.hearAck(of: stream.ref, upTo: 500)
        var readers: [EventSource] = []
        for _ in 0..<5 {
            write(40)
            readers.append(
                try await gateway.listen(
                    "processed_logs", agent: "agent1", config: "\"all\":true,\"since\":\"1h\",\"buffer_size\":10000"))
            write(40)
        }
        write(1)
        let expected = (1..<next).map { "line \($0) is here" }
        for reader in readers {
            try await eventually("all have come") { reader.events("processed_logs").count >= expected.count }
            let seen = reader.events("processed_logs").compactMap { $0.data["data"]?["original"]?["message"]?.string }
            #expect(seen == expected)
            #expect(reader.events("gap").isEmpty)
        }
        await gateway.stop()
    }

    @Test("who comes back after the history goes on behind it; who left before its end gets it anew, and is told so")
    func historyAndResume() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent(Self.hello)
        let stream = try await agent.hearStream("log_aggregation")
        agent.logs(ref: stream.ref, from: 1, ["one", "two"])
        try await agent.hearAck(of: stream.ref, upTo: 2)
        let path = try await gateway.subscribe(
            "processed_logs", agent: "agent1", config: "\"all\":true,\"since\":\"1h\"")
        let first = try EventSource(port: gateway.httpPort, path)
        try await first.hear(2, "processed_logs")
        try await eventually("it has a place") { first.text.components("id: ").count > 2 }
        let place = try #require(first.text.components("id: ").last?.prefix { $0 != "\n" })
        first.leave()
        agent.logs(ref: stream.ref, from: 3, ["three"])
        try await agent.hearAck(of: stream.ref, upTo: 3)
        let second = try EventSource(port: gateway.httpPort, path, lastEventID: String(place))
        let events = try await second.hear(1, "processed_logs")
        #expect(events.first?.data["data"]?["original"]?["message"] == .string("three"))
        #expect(second.events("gap").isEmpty)
        second.leave()
        let start = try #require(first.text.components("id: ").dropFirst().first?.prefix { $0 != "\n" })
        let third = try EventSource(port: gateway.httpPort, path, lastEventID: String(start))
        try await third.hear(3, "processed_logs")
        #expect(third.events("gap").first?.data["missed"] == .null)
        await gateway.stop()
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
