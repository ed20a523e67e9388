import Gateway
import JSON
import TestSupport
import Testing
import Wire

@Suite struct StreamTests {
    private func cpu(_ event: EventSource.Event) -> Double? { event.data["data"]?["cpu"]?["usage_percent"]?.double }

    @Test("a listener makes the agent stream, gets its samples, and the stream stops when the listener leaves")
    func demand() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let idle = try await agent.hearDesired(metrics: [])
        let path = try await gateway.subscribe("metrics", agent: "agent1", config: "\"interval\":\"1s\"")
        let stream = try EventSource(port: gateway.httpPort, path)
        let desired = try await agent.hearDesired(metrics: [1_000])
        #expect(desired.generation > idle.generation)
        agent.states(generation: desired.generation, running: desired.streams.map(\.ref))
        for number in 1...3 as ClosedRange<UInt64> {
            agent.metrics(
                ref: desired.streams[0].ref, generation: desired.generation, cpu: Double(number), at: number * 1_000)
        }
        let events = try await stream.hear(3, "metrics")
        #expect(events.map(cpu) == [1, 2, 3])
        #expect(stream.text.hasPrefix("retry: "))
        let event = events[2]
        #expect(event.data["agent_id"] == .string("agent1") && event.data["view"] == .string("metrics@1000ms"))
        let id = try #require(event.id)
        #expect(event.bytes.hasPrefix("id: \(id)\nevent: metrics\ndata: {\"type\":\"metrics_data\","))
        #expect(Set(events.map(\.id)).count == 3)
        try await eventually("the stream is active") {
            stream.events("stream_status").contains { $0.data["state"] == .string("active") }
        }
        _ = try await gateway.call("DELETE", path.replacing("/streams/", with: "/subscriptions/"))
        try await stream.hearEnd()
        #expect(stream.events("stream_end").first?.data["reason"] == .string("unsubscribed"))
        _ = try await agent.hearDesired(metrics: [])
        await gateway.stop()
    }

    @Test("two listeners with different intervals share one stream of the agent, each gets its own interval")
    func twoViews() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let slow = try await gateway.listen("metrics", agent: "agent1", config: "\"interval\":\"5s\"")
        _ = try await agent.hearDesired(metrics: [5_000])
        let fast = try await gateway.listen(
            "metrics", agent: "agent1", config: "\"interval\":\"1s\",\"filters\":[\"cpu\"]")
        let desired = try await agent.hearDesired(metrics: [1_000])
        agent.states(generation: desired.generation, running: desired.streams.map(\.ref))
        for second in 1...11 as ClosedRange<UInt64> {
            agent.metrics(
                ref: desired.streams[0].ref, generation: desired.generation, cpu: Double(second), at: second * 1_000)
        }
        let fastEvents = try await fast.hear(11, "metrics")
        #expect(fastEvents.compactMap(cpu) == (1...11).map(Double.init))
        #expect(fastEvents.allSatisfy { $0.data["data"]?["memory"] == nil })
        let slowEvents = try await slow.hear(3, "metrics")
        #expect(slowEvents.count == 3)
        let distances = zip(slowEvents.compactMap(cpu), slowEvents.dropFirst().compactMap(cpu)).map { $1 - $0 }
        #expect(distances == [5, 5], "\(slowEvents.map(cpu))")
        #expect(slowEvents.allSatisfy { $0.data["data"]?["memory"]?["total_bytes"] == .integer(1_024) })
        fast.leave()
        _ = try await agent.hearDesired(metrics: [5_000])
        await gateway.stop()
    }

    @Test("a listener that comes back hears how many samples it missed, and gets the last value at once")
    func resumption() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let path = try await gateway.subscribe("metrics", agent: "agent1", config: "\"interval\":\"1s\"")
        let first = try EventSource(port: gateway.httpPort, path)
        let other = try await gateway.listen("metrics", agent: "agent1", config: "\"interval\":\"1s\"")
        let desired = try await agent.hearDesired(metrics: [1_000])
        for stream in [first, other] { try await eventually("it is open") { stream.text.contains("id: ") } }
        func sample(_ second: UInt64) {
            agent.metrics(
                ref: desired.streams[0].ref, generation: desired.generation, cpu: Double(second), at: second * 1_000)
        }
        sample(1)
        let seen = try await first.hear(1, "metrics")
        first.leave()
        try await eventually("the gateway has noticed") {
            try await gateway.get(path.replacing("/streams/", with: "/subscriptions/"))["status"]
                == .string("disconnected")
        }
        sample(2)
        sample(3)
        _ = try await other.hear(3, "metrics")
        let second = try EventSource(port: gateway.httpPort, path, lastEventID: seen[0].id)
        try await second.hear(1, "gap")
        #expect(second.events("gap")[0].data["missed"] == .integer(2))
        let snapshot = try #require(try await second.hear(1, "metrics").first)
        #expect(cpu(snapshot) == 3 && snapshot.data["metadata"]?["snapshot"] == .bool(true))
        sample(4)
        #expect(try await second.hear(2, "metrics").compactMap(cpu) == [3, 4])
        await gateway.stop()
    }

    @Test(
        "an older connection is told that it was replaced, unless it is one that the same process has given up"
    )
    func olderConnection() async throws {
        let gateway = try await TestGateway()
        var older = try await gateway.agent { ($0.bootID, $0.connection) = (7, 1) }
        let comers: [(bootID: UInt64, connection: UInt64, told: WireGoodbyeReason)] = [
            (7, 2, .unspecified), (8, 1, .replaced), (8, 0, .replaced), (8, 0, .replaced),
        ]
        for (bootID, connection, expected) in comers {
            let newer = try await gateway.agent { ($0.bootID, $0.connection) = (bootID, connection) }
            try await older.hearEnd()
            guard case .goodbye(expected, _, _)? = older.said.last else {
                Issue.record("\(older.said)")
                return
            }
            older = newer
        }
        await gateway.stop()
    }

    @Test("what a connection delivered before another one took its place counts for the subscription")
    func replaced() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let path = try await gateway.subscribe("metrics", agent: "agent1", config: "\"interval\":\"1s\"")
        let first = try EventSource(port: gateway.httpPort, path)
        let desired = try await agent.hearDesired(metrics: [1_000])
        try await eventually("it is open") { first.text.contains("id: ") }
        for second in 1...3 as ClosedRange<UInt64> {
            agent.metrics(
                ref: desired.streams[0].ref, generation: desired.generation, cpu: Double(second), at: second * 1_000)
        }
        try await first.hear(3, "metrics")
        let second = try EventSource(port: gateway.httpPort, path)
        try await first.hearEnd()
        #expect(first.events("stream_end").first?.data["reason"] == .string("replaced"))
        try await eventually("they are counted") {
            try await gateway.get(path.replacing("/streams/", with: "/subscriptions/"))["delivered"] == .integer(3)
        }
        second.leave()
        await gateway.stop()
    }

    @Test("samples of a stream that nobody wants any more reach nobody and are counted")
    func stale() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        agent.metrics(ref: 99, generation: 1, cpu: 1, at: 1_000)
        try await eventually("it is counted") {
            try await gateway.call("GET", "/metrics").text.contains("sluice_events_stale_total 1\n")
        }
        await gateway.stop()
    }

    @Test("when the agent is lost and comes back its listeners are told, and the stream goes on")
    func agentReturns() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let stream = try await gateway.listen("metrics", agent: "agent1", config: "\"interval\":\"1s\"")
        _ = try await agent.hearDesired(metrics: [1_000])
        agent.socket.end()
        try await eventually("listeners are told") {
            stream.events("stream_status").contains { $0.data["state"] == .string("agent_lost") }
        }
        let again = try await gateway.agent()
        let desired = try await again.hearDesired(metrics: [1_000])
        again.states(generation: desired.generation, running: desired.streams.map(\.ref))
        again.metrics(ref: desired.streams[0].ref, generation: desired.generation, cpu: 42, at: 9_000)
        #expect(try await stream.hear(1, "metrics").compactMap(cpu) == [42])
        await gateway.stop()
    }

    @Test("clients of two loops get the same bytes")
    func twoLoops() async throws {
        let gateway = try await TestGateway { $0.clientLoops = 2 }
        let agent = try await gateway.agent()
        var streams: [EventSource] = []
        // The kernel spreads connections over the loops by their ports: with so many, both have some.
        for _ in 0..<32 {
            streams.append(
                try await gateway.listen(
                    "metrics", agent: "agent1", config: "\"interval\":\"1s\",\"snapshot\":false"))
        }
        let desired = try await agent.hearDesired(metrics: [1_000])
        for stream in streams { try await eventually("it is open") { stream.text.contains("id: ") } }
        for second in 1...5 as ClosedRange<UInt64> {
            agent.metrics(
                ref: desired.streams[0].ref, generation: desired.generation, cpu: Double(second), at: second * 1_000)
        }
        let expected = try await streams[0].hear(5, "metrics").map(\.bytes)
        for stream in streams.dropFirst() { #expect(try await stream.hear(5, "metrics").map(\.bytes) == expected) }
        let text = try await gateway.call("GET", "/metrics").text
        #expect(text.contains("sluice_events_rendered_total 5\n"), "once for all of them")
        #expect(text.contains("sluice_events_published_total 10\n"), "once for each loop")
        await gateway.stop()
    }

    @Test("when the gateway stops, listeners and agents are told when to come back")
    func stop() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let stream = try await gateway.listen("metrics", agent: "agent1")
        try await eventually("it is open") { stream.text.contains("id: ") }
        let stopping = gateway.stopping()
        try await stream.hearEnd()
        #expect(stream.events("stream_status").last?.data["state"] == .string("draining"))
        try await agent.hearEnd()
        guard case .goodbye(.draining, _, let retryAfter?)? = agent.said.last else {
            Issue.record("\(agent.said)")
            return
        }
        #expect(retryAfter <= 10_000)
        await stopping.value
    }
}
