import Gateway
import JSON
import TestSupport
import Testing

@Suite("Processed metrics, health and alerts")
struct AlertTests {
    private func rules(_ rules: String...) -> String { "{\"rules\":[\(rules.joined(separator: ","))]}" }
    private let busy = """
        {"name":"busy","source":"metrics","metric":"cpu.usage_percent","op":">","threshold":50,"for":"0s",\
        "cooldown":"0s","level":"critical","labels":{"team":"web"}}
        """

    private func alerts(_ event: EventSource.Event) -> [JSONValue] { event.data["data"]?["alerts"]?.array ?? [] }

    @Test("a sample that breaks a rule raises an alert, live and in the list; one that does not ends it")
    func lifeCycle() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        #expect(try await gateway.call("PUT", "/admin/alert-rules", rules(busy)).status == 200)
        let stream = try await gateway.listen("alert_events", agent: "agent1")
        let desired = try await agent.hearDesired(metrics: [5_000])
        try await eventually("it is open") { stream.text.contains("id: ") }
        func sample(_ cpu: Double, at second: UInt64) {
            agent.metrics(ref: desired.streams[0].ref, generation: desired.generation, cpu: cpu, at: second * 1_000)
        }
        sample(97, at: 1)
        let fired = try await stream.hear(1, "alert_events")[0]
        #expect(fired.data["data"]?["source"] == .string("metrics_analysis"))
        let alert = try #require(alerts(fired).first)
        #expect(alert["rule"] == .string("busy") && alert["state"] == .string("firing"))
        #expect(alert["value"]?.double == 97 && alert["level"] == .string("critical"))
        let listed = try await gateway.get("/alerts?state=firing")
        #expect(listed["total"] == .integer(1) && listed["alerts"]?.array?.first?["alert_id"] == alert["alert_id"])
        sample(3, at: 2)
        let resolved = try await stream.hear(2, "alert_events")[1]
        #expect(alerts(resolved).first?["state"] == .string("resolved"))
        try await eventually("it is in the list of what is over") {
            try await gateway.get("/alerts?state=resolved")["total"] == .integer(1)
        }
        #expect(try await gateway.get("/alerts")["total"] == .integer(0))
        await gateway.stop()
    }

    @Test("an agent that is lost raises an alert with nobody watching, and its return ends it")
    func agentLost() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        agent.socket.end()
        try await eventually("the alert fires") {
            try await gateway.get("/alerts?rule=agent_lost")["alerts"]?.array?.first?["agent_id"] == .string("agent1")
        }
        let other = try await gateway.agent()
        try await eventually("it is over") { try await gateway.get("/alerts?rule=agent_lost")["total"] == .integer(0) }
        try await eventually("the event is stored") {
            try await gateway.get("/agents/agent1/events?kind=agent_lost")["total"] == .integer(1)
        }
        other.socket.end()
        await gateway.stop()
    }

    @Test("an agent that does not come back after a restart of the gateway raises an alert, one that does raises none")
    func agentDoesNotReturn() async throws {
        let data = try TemporaryDirectory()
        let before = try await TestGateway(data: data.path)
        let agents = [
            try await before.agent { $0.id = "stays-away" }, try await before.agent { $0.id = "returns" },
        ]
        try await before.waitForAgent("stays-away", isConnected: true)
        await before.stop()
        agents.forEach { $0.socket.end() }
        let gateway = try await TestGateway(data: data.path) { $0.agentHeartbeat = 3_000 }
        let agent = try await gateway.agent { $0.id = "returns" }
        try await eventually("the alert fires") {
            agent.heartbeat()
            return try await gateway.get("/alerts?rule=agent_lost")["alerts"]?.array?.contains {
                $0["agent_id"] == .string("stays-away")
            } == true
        }
        #expect(try await gateway.get("/agents/returns/events?kind=agent_lost")["total"] == .integer(0))
        let late = try await gateway.agent { $0.id = "stays-away" }
        try await eventually("it is over") {
            try await gateway.get("/alerts?rule=agent_lost&agent_id=stays-away")["total"] == .integer(0)
        }
        late.socket.end()
        await gateway.stop()
    }

    @Test("alerts, acknowledgements, silences and rules are kept over a restart")
    func restart() async throws {
        let data = try TemporaryDirectory()
        var gateway = try await TestGateway(data: data.path)
        let agent = try await gateway.agent()
        #expect(try await gateway.call("PUT", "/admin/alert-rules", rules(busy)).status == 200)
        let stream = try await agent.hearStream("health_check")
        agent.health(ref: stream.ref, cpu: 99, memory: 1, disk: 1)
        var id = ""
        try await eventually("the alert fires on a health check") {
            id = try await gateway.get("/alerts")["alerts"]?.array?.first?["alert_id"]?.string ?? ""
            return !id.isEmpty
        }
        #expect(try await gateway.call("POST", "/alerts/\(id)/acknowledge").status == 200)
        let silence = try await gateway.call(
            "POST", "/alerts/silences", "{\"matchers\":{\"rule\":\"other\"},\"duration\":\"1h\",\"comment\":\"x\"}")
        #expect(silence.status == 201)
        await gateway.stop()

        gateway = try await TestGateway(data: data.path)
        let kept = try #require(try await gateway.get("/alerts")["alerts"]?.array?.first)
        #expect(kept["alert_id"] == .string(id) && kept["acknowledged_by"] == .string("anonymous"))
        #expect(try await gateway.get("/alerts/silences")["silences"]?.array?.count == 1)
        let rules = try await gateway.get("/admin/alert-rules")["rules"]?.array
        #expect(rules?.count == 1 && rules?[0]["name"] == .string("busy"))
        await gateway.stop()
    }

    @Test("an alert that is pending is listed with all the others, before what is stored, and not as firing")
    func pending() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let slow = busy.replacing("\"for\":\"0s\"", with: "\"for\":\"1h\"").replacing("busy", with: "slow")
        _ = try await gateway.call("PUT", "/admin/alert-rules", rules(busy, slow))
        let health = try await agent.hearStream("health_check")
        agent.health(ref: health.ref, cpu: 99, memory: 1, disk: 1)
        try await eventually("both are listed") {
            try await gateway.get("/alerts?state=all")["total"] == .integer(2)
        }
        let all = try await gateway.get("/alerts?state=all")["alerts"]?.array ?? []
        #expect(all.map { $0["state"] } == [.string("pending"), .string("firing")])
        let second = try await gateway.get("/alerts?state=all&per_page=1&page=2")
        #expect(second["alerts"]?.array?.map { $0["state"] } == [.string("firing")] && second["total"] == .integer(2))
        #expect(try await gateway.get("/alerts")["total"] == .integer(1))
        await gateway.stop()
    }

    @Test("whoever asks for a snapshot of alerts gets what fires now")
    func snapshot() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        _ = try await gateway.call("PUT", "/admin/alert-rules", rules(busy))
        let health = try await agent.hearStream("health_check")
        agent.health(ref: health.ref, cpu: 99, memory: 1, disk: 1)
        try await eventually("the alert fires") { try await gateway.get("/alerts")["total"] == .integer(1) }
        let stream = try await gateway.listen("alert_events", agent: "*", config: "\"snapshot\":true")
        let event = try await stream.hear(1, "alert_events")[0]
        #expect(event.data["metadata"]?["snapshot"] == .bool(true))
        #expect(alerts(event).first?["rule"] == .string("busy"))
        await gateway.stop()
    }

    @Test("processed metrics carry the sample, what is made of it, and no trends for those who want none")
    func processedMetrics() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        _ = try await gateway.call("PUT", "/admin/alert-rules", rules(busy))
        let full = try await gateway.listen("processed_metrics", agent: "agent1", config: "\"interval\":\"1s\"")
        let brief = try await gateway.listen(
            "processed_metrics", agent: "agent1",
            config: "\"interval\":\"1s\",\"include_trends\":false,\"alert_levels\":[\"info\"]")
        let desired = try await agent.hearDesired(metrics: [1_000])
        for stream in [full, brief] { try await eventually("it is open") { stream.text.contains("id: ") } }
        agent.metrics(ref: desired.streams[0].ref, generation: desired.generation, cpu: 97, at: 1_000)
        let event = try await full.hear(1, "processed_metrics")[0]
        let data = try #require(event.data["data"])
        #expect(data["raw"]?["cpu"]?["usage_percent"]?.double == 97)
        for name in ["baseline", "anomalies", "trends", "predicted_issues", "top_processes"] {
            #expect(data["enriched"]?[name] != nil, "\(name)")
        }
        #expect(data["alerts"]?.array?.first?["rule"] == .string("busy"))
        #expect(data["recommendations"]?.array != nil && data["trends"] != nil)
        #expect(event.data["metadata"]?["alert_count"] == .integer(1))
        #expect(event.data["metadata"]?["processing_time_ms"]?.double != nil)
        let other = try await brief.hear(1, "processed_metrics")[0]
        #expect(other.data["data"]?["alerts"]?.array?.isEmpty == true)
        await gateway.stop()
    }

    @Test("the health of an agent and of the fleet is told, with what is predicted and what fires")
    func health() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        #expect(try await gateway.get("/analytics/agents/agent1/health")["current_health"] == .string("unknown"))
        let stream = try await agent.hearStream("health_check")
        agent.health(ref: stream.ref, cpu: 25.4, memory: 65.2, disk: 45.8)
        var health = JSONValue.null
        try await eventually("it is healthy") {
            health = try await gateway.get("/analytics/agents/agent1/health")
            return health["current_health"] == .string("healthy")
        }
        #expect(health["metrics"]?["cpu_usage"]?.double == 25.4 && health["metrics"]?["disk_usage"]?.double == 45.8)
        #expect(health["predictions"]?["risk_level"] == .string("low"))
        #expect(health["alerts"]?.array?.isEmpty == true)
        #expect(try await gateway.get("/analytics/fleet")["agents"]?.array?.count == 1)
        await gateway.stop()
    }

    @Test("metrics that a server demand brings are in the history")
    func history() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let demand = try await gateway.call(
            "POST", "/admin/streams/server",
            "{\"stream_type\":\"metrics\",\"agent_id\":\"agent1\",\"config\":{\"interval\":\"1s\"}}")
        #expect(demand.status == 201)
        let desired = try await agent.hearDesired(metrics: [1_000])
        agent.metrics(ref: desired.streams[0].ref, generation: desired.generation, cpu: 42, at: 1_000)
        try await eventually("the sample is there") {
            let history = try await gateway.get("/agents/agent1/metrics/history?max_points=10&metrics=cpu")
            guard let point = history["data_points"]?.array?.first else { return false }
            return point["values"]?["cpu.usage_percent"]?.double == 42
        }
        let streams = try await gateway.get("/admin/streams")["streams"]?.array ?? []
        #expect(streams.first { $0["stream_type"] == .string("metrics") }?["processor"] == .string("metrics"))
        await gateway.stop()
    }
}
