import Model
import Testing

@testable import Processing

@Suite("Pipeline: health")
struct HealthPipelineTests {
    private let agent = AgentID("a")

    @Test("health checks are kept, and raise alerts with nobody watching")
    func alerts() {
        let pipe = Pipe()
        for check in 0..<3 { pipe.feed(.health(.of(Double(check) * 30, memory: 97, disk: 96)), Double(check) * 30) }
        #expect(pipe.actions.health.count == 3)
        #expect(Set(pipe.actions.changes.map(\.alert.rule)) == ["high_memory", "disk_full"])
        #expect(pipe.actions.changes.allSatisfy { $0.kind == .fired })
    }

    @Test("a disk that fills is predicted from health checks alone")
    func prediction() {
        let pipe = Pipe()
        for second in stride(from: 0.0, to: 3 * 3_600, by: 30) {
            pipe.feed(.health(.of(second, disk: 50 + second / 3_600 * 10)), second)
        }
        let report = pipe.engine.health(of: agent, now: at(3 * 3_600))
        #expect(report.risk.limitingResource == .disk("/var"))
        #expect(
            report.risk.estimatedCapacityRemaining == "2h" || report.risk.etaSeconds.map { 6_000...8_000 ~= $0 } == true
        )
    }

    @Test("the report has the newest of each value, whatever it came with")
    func report() {
        let pipe = Pipe()
        pipe.feed(.health(.of(0, cpu: 5, memory: 30, disk: 40)), 0)
        pipe.cpu(25, 10)
        let report = pipe.engine.health(of: agent, now: at(12))
        #expect(report.cpuUsage == 25 && report.memoryUsage == 30 && report.diskUsage == 40)
        #expect(report.lastCheck == at(10).wall && report.check?.cpuUsage == 5)
        #expect(report.status(isConnected: true) == .healthy)
        #expect(report.status(isConnected: false) == .offline)
        #expect(pipe.engine.health(of: agent, now: at(101)).status(isConnected: true) == .unknown)
        #expect(pipe.engine.health(of: AgentID("nobody"), now: at(0)).status(isConnected: true) == .unknown)
    }

    @Test("a host is degraded by a warning, critical by a critical alert, and neither by a silenced one")
    func status() {
        let pipe = Pipe()
        pipe.feed(.systemEvent(.of("unit_failed"), ItemNumber(origin: 1, seq: 1)), 0)
        pipe.feed(.health(.of(0)), 0)
        func status() -> HealthStatus { pipe.engine.health(of: agent, now: at(1)).status(isConnected: true) }
        #expect(status() == .degraded)
        pipe.feed(.systemEvent(.of("oom_kill"), ItemNumber(origin: 1, seq: 2)), 1)
        #expect(status() == .critical)
        #expect(pipe.silence(["agent_id": "a"], 1))
        #expect(status() == .healthy)
    }

    @Test("after a restart the last health check is known again, and begins no alert")
    func restored() {
        let pipe = Pipe()
        pipe.engine.restore(.of(-20, memory: 97), now: at(0))
        let report = pipe.engine.health(of: agent, now: at(0))
        #expect(report.memoryUsage == 97 && report.lastCheck == at(-20).wall && report.alerts.isEmpty)
        #expect(pipe.actions.isEmpty)
    }

    @Test("the report of the fleet has every agent, by id, and what many of them have in common")
    func fleet() {
        let pipe = Pipe()
        for agent in ["c", "a", "b"] {
            pipe.feed(.health(.of(0, agent, memory: 97)), 0, agent)
            pipe.feed(.health(.of(30, agent, memory: 97)), 30, agent)
        }
        let fleet = pipe.engine.fleetHealth(now: at(31))
        #expect(fleet.agents.map(\.agent.text) == ["a", "b", "c"])
        #expect(fleet.agents.allSatisfy { $0.alerts.map(\.rule) == ["high_memory"] })
        #expect(fleet.correlated.map(\.rule) == ["high_memory"])
    }
}
