import JSON
import Model
import Testing

@testable import Processing

@Suite("Pipeline: alerts")
struct AlertPipelineTests {
    private let agent = AgentID("a")

    /// A host that is busy from 0 to 20 s.
    private func firing() -> Pipe {
        let pipe = Pipe(rules: [.cpu()])
        for second in stride(from: 0.0, through: 20, by: 5) { pipe.cpu(95, second) }
        return pipe
    }

    @Test("an alert is kept and told when it fires, is taken on and ends; its values in between are not news")
    func lifeCycle() throws {
        let pipe = firing()
        #expect(pipe.actions.changes.map(\.kind) == [.fired])
        let alert = try #require(pipe.actions.changes.first).alert
        let event = try #require(pipe.takeActions().published(.alertEvents).first)
        let shown = try #require(try event.shown()).data
        #expect(shown["agent_id"]?.string == "a" && shown["source"]?.string == "metrics_analysis")
        #expect(shown["alerts"]?[0]?["state"]?.string == "firing")

        #expect(pipe.acknowledge(alert.id, 21)?.acknowledgedBy == "ann")
        #expect(pipe.acknowledge(AlertID("alr_x"), 21) == nil)
        #expect(pipe.actions.changes.map(\.kind) == [.acknowledged])
        #expect(pipe.takeActions().published(.alertEvents).count == 1)

        for second in stride(from: 25.0, through: 90, by: 5) { pipe.cpu(95, second) }
        #expect(pipe.actions.changes.map(\.kind) == [.updated] && pipe.actions.published(.alertEvents).isEmpty)
        pipe.actions = []
        pipe.cpu(10, 95)
        #expect(pipe.actions.changes.map(\.kind) == [.resolved] && pipe.actions.changes[0].alert.id == alert.id)
        #expect(pipe.actions.published(.alertEvents).count == 1 && pipe.engine.activeAlerts.isEmpty)
    }

    @Test("metrics and health checks of one host make one alert of a rule, not two")
    func twoSources() {
        let pipe = Pipe(rules: [.cpu()])
        for second in stride(from: 0.0, through: 60, by: 5) {
            pipe.cpu(95, second)
            pipe.feed(.health(.of(second + 1, cpu: 95)), second + 1)
        }
        #expect(pipe.actions.changes.map(\.kind) == [.fired])
    }

    @Test("what fires at one moment is one event for each agent and source")
    func grouped() throws {
        let pipe = Pipe(rules: AlertRule.defaults)
        for second in [0.0, 30] { pipe.feed(.health(.of(second, memory: 97, disk: 97)), second) }
        let events = pipe.actions.published(.alertEvents)
        #expect(events.count == 1)
        #expect(try events[0].shown()?.data["alerts"]?.array?.count == 2)
        #expect(try events[0].shown()?.metadata["alert_count"]?.int == 2)
        #expect(try events[0].shown { $0.alertLevels = ["critical"] }?.data["alerts"]?.array?.count == 2)
        #expect(try events[0].shown { $0.alertLevels = ["info", "warning"] } == nil)
    }

    @Test("an agent that is lost is an alert that ends when it is back; three of them are one about the fleet too")
    func agentLost() throws {
        let pipe = Pipe()
        for (second, name) in ["a", "b", "c"].enumerated() { pipe.happen("agent_lost", Double(second), name) }
        let fleet = try #require(pipe.actions.published(.alertEvents).last)
        #expect(fleet.agent == .every)
        #expect(try fleet.shown()?.data["agent_id"]?.string == "*")
        #expect(try fleet.shown()?.data["source"]?.string == "gateway_events")
        #expect(pipe.takeActions().events.map(\.kind) == ["agent_lost", "agent_lost", "agent_lost"])
        pipe.happen("agent_connected", 5, "a")
        #expect(pipe.actions.changes.map(\.kind) == [.resolved, .resolved])
        #expect(pipe.actions.changes.map(\.alert.agent) == [.one(agent), .every])
    }

    @Test("gateway events of no consequence are seen by the rules and not kept")
    func gatewayEvents() {
        let rule = AlertRule(
            name: "churn", source: .gatewayEvents,
            condition: .events(EventCondition(["kind": "subscription_created"], .greaterOrEqual, 3)), hold: 60_000)
        let pipe = Pipe(rules: [rule])
        for second in 0..<3 { pipe.happen("subscription_created", Double(second)) }
        #expect(pipe.actions.events.isEmpty && pipe.actions.changes.map(\.kind) == [.fired])
    }

    @Test("who begins to read gets what fires: pending and silenced alerts are not among it")
    func snapshot() throws {
        let pipe = firing()
        pipe.cpu(95, 20, "pending")
        for second in stride(from: 0.0, through: 20, by: 5) { pipe.cpu(95, second + 100, "quiet") }
        #expect(pipe.silence(["agent_id": "quiet"], 121))
        let all = pipe.engine.alertSnapshot(of: .every, now: at(122))
        #expect(all.map(\.agent) == [.one(agent)])
        #expect(try all[0].shown(isSnapshot: true)?.metadata["snapshot"]?.bool == true)
        #expect(pipe.engine.alertSnapshot(of: .one(agent), now: at(122)).count == 1)
        #expect(pipe.engine.alertSnapshot(of: .one(AgentID("quiet")), now: at(122)).isEmpty)
    }

    @Test("an alert whose silence is taken away is told")
    func unsilenced() {
        let pipe = firing()
        #expect(pipe.silence(["rule": "cpu"], 21))
        pipe.actions = []
        #expect(pipe.unsilence(22))
        #expect(pipe.actions.published(.alertEvents).count == 1)
        #expect(!pipe.unsilence(22))
    }

    @Test("rules are replaced all or none, and alerts of rules that are gone end")
    func rules() throws {
        let pipe = firing()
        pipe.actions = []
        var bad = AlertRule.cpu()
        bad.hold = -1
        #expect(throws: AlertRuleProblem.self) {
            try pipe.engine.replaceAlertRules([bad], now: at(21), into: &pipe.actions)
        }
        #expect(pipe.actions.isEmpty && pipe.engine.alertRules == [.cpu()])
        try pipe.engine.replaceAlertRules([], now: at(22), into: &pipe.actions)
        #expect(pipe.actions.changes.map(\.kind) == [.resolved] && pipe.engine.alertRules.isEmpty)
    }

    @Test("alerts that were firing go on after a restart")
    func restarted() throws {
        let alert = try #require(firing().engine.activeAlerts.first)
        let pipe = Pipe(rules: [.cpu()], active: [alert])
        pipe.cpu(10, 30)
        #expect(pipe.actions.changes.map(\.alert.id) == [alert.id] && pipe.actions.changes[0].kind == .resolved)
    }

    @Test("an alert names the processes that have to do with it")
    func culprits() {
        let pipe = Pipe(rules: [.cpu(hold: 0)])
        var sample = MetricSample.only(.cpuUsage, 95)
        sample.topProcesses = (1...5).map {
            ProcessUsage(pid: $0, name: "p\($0)", cpuPercent: Double($0), memoryBytes: .nan)
        }
        pipe.feed(sample, 0)
        #expect(pipe.actions.changes.first?.alert.culprits.map(\.name) == ["p5", "p4", "p3"])
        #expect(pipe.actions.changes.first?.alert.culprits.first?.memoryBytes == nil)
    }
}
