import JSON
import TestSupport
import Testing

@Suite("A session that reads kept events of one agent and of every agent")
struct CoveredViewTests {
    private func alerts(_ reader: SessionReader) -> [String] {
        reader.seen("alert_events").compactMap { $0.data["data"]?["alerts"]?.array?.first?["state"]?.string }
    }

    @Test("each event comes once, none is missed over reconnects, and nothing is said to be missing")
    func reconnects() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let rule = """
            {"rules":[{"name":"busy","source":"health_check","metric":"cpu.usage_percent","op":">","threshold":50,\
            "for":"0s","cooldown":"0s"}]}
            """
        #expect(try await gateway.call("PUT", "/admin/alert-rules", rule).status == 200)
        let (session, path) = try await gateway.createSession()
        _ = try await gateway.add("alert_events", agent: "agent1", to: session)
        let every = try await gateway.add("alert_events", agent: "*", to: session)
        let reader = SessionReader(path: path)
        try reader.connect(to: gateway)
        let health = try await agent.hearStream("health_check")
        try await eventually("it is open") { reader.source?.text.contains("id: ") == true }
        var expected: [String] = []
        func change(_ isBusy: Bool) async throws {
            agent.health(ref: health.ref, cpu: isBusy ? 99 : 1, memory: 1, disk: 1)
            expected.append(isBusy ? "firing" : "resolved")
        }
        for round in 0..<6 {
            try await change(round.isMultiple(of: 2))
            try await eventually("event \(round) comes") { alerts(reader) == expected }
            if round == 2 { _ = try await gateway.call("DELETE", "/subscriptions/\(every)") }
            reader.breakOff { $0 }
            try reader.connect(to: gateway)
            try await eventually("it is open again") { reader.source?.text.contains("id: ") == true }
        }
        // While it is away too.
        reader.breakOff { $0 }
        try await change(true)
        try await eventually("the alert is listed") { try await gateway.get("/alerts")["total"] == .integer(1) }
        try reader.connect(to: gateway)
        try await eventually("what came meanwhile comes") { alerts(reader) == expected }
        #expect(reader.seen("gap").isEmpty)
        await gateway.stop()
    }
}
