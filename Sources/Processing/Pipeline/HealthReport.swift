package import Model

/// What is known of the health of one agent.
package struct HealthReport: Sendable {
    package var agent: AgentID
    /// Of the last health check or metrics sample.
    package var lastCheck: WallTime?
    package var cpuUsage: Double?
    package var memoryUsage: Double?
    /// Of the fullest file system.
    package var diskUsage: Double?
    package var risk: RiskAssessment
    /// Pending and firing ones.
    package var alerts: [Alert]
    package var check: HealthRecord?
    private let checkAge: Milliseconds?

    init(_ agent: AgentID, _ facts: AgentFacts, alerts: [Alert], _ now: Now) {
        self.agent = agent
        lastCheck = facts.lastCheck
        cpuUsage = facts.cpuUsage
        memoryUsage = facts.memoryUsage
        diskUsage = facts.diskUsage
        risk = facts.risks.current(now.monotonic)
        self.alerts = alerts
        check = facts.check
        checkAge = facts.lastCheck.map {
            max(0, Milliseconds(now.wall.millisecondsSince1970 - $0.millisecondsSince1970))
        }
    }

    /// - Parameters:
    ///   - isConnected: who asks knows it.
    ///   - staleAfter: three health checks.
    package func status(isConnected: Bool, staleAfter: Milliseconds = 90_000) -> HealthStatus {
        let firing = alerts.filter { $0.state == .firing && $0.silence == nil }
        return HealthSigns(
            isConnected: isConnected, lastCheckAge: checkAge, memoryUsage: memoryUsage, diskUsage: diskUsage,
            cpuUsage: cpuUsage, risk: risk.risk, hasCriticalAlert: firing.contains { $0.level == .critical },
            hasWarningAlert: firing.contains { $0.level == .warning }
        ).status(staleAfter: staleAfter)
    }
}

/// The health of all agents of which something is known.
package struct FleetReport: Sendable {
    /// By id.
    package var agents: [HealthReport]
    /// Alerts that are about many hosts at once.
    package var correlated: [Alert]
}
