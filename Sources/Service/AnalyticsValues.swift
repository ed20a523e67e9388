package import Model

/// What the gateway makes of what agents send.
package protocol AnalyticsService: Sendable {
    func health(of agent: AgentID, for principal: Principal) async throws -> HealthAnalysis
    func fleetHealth(for principal: Principal) async throws -> FleetAnalysis
}

/// `GET /analytics/agents/{id}/health`.
package struct HealthAnalysis: Sendable, Equatable {
    package struct Predictions: Sendable, Equatable {
        /// 0 to 1.
        package var risk: Double
        /// `low`, `medium`, `high`.
        package var riskLevel: String
        /// Such as `72h`; nil when nothing says that something will be used up.
        package var capacityRemaining: String?
        /// `memory`, `disk:/var`...
        package var limitingResource: String?

        package init(risk: Double, riskLevel: String, capacityRemaining: String?, limitingResource: String?) {
            self.risk = risk
            self.riskLevel = riskLevel
            self.capacityRemaining = capacityRemaining
            self.limitingResource = limitingResource
        }
    }

    package var agent: AgentID
    package var health: AgentHealth
    package var lastCheck: WallTime?
    package var cpuUsage: Double?
    package var memoryUsage: Double?
    package var diskUsage: Double?
    package var predictions: Predictions
    /// Pending and firing ones.
    package var alerts: [Alert]
    /// The last health check, if there was one.
    package var check: HealthRecord?

    package init(
        agent: AgentID, health: AgentHealth, lastCheck: WallTime?, cpuUsage: Double? = nil,
        memoryUsage: Double? = nil, diskUsage: Double? = nil, predictions: Predictions, alerts: [Alert] = [],
        check: HealthRecord? = nil
    ) {
        self.agent = agent
        self.health = health
        self.lastCheck = lastCheck
        self.cpuUsage = cpuUsage
        self.memoryUsage = memoryUsage
        self.diskUsage = diskUsage
        self.predictions = predictions
        self.alerts = alerts
        self.check = check
    }
}

/// `GET /analytics/fleet`.
package struct FleetAnalysis: Sendable, Equatable {
    package var agents: [HealthAnalysis]
    /// Alerts that are about many hosts at once.
    package var correlated: [Alert]

    package init(agents: [HealthAnalysis], correlated: [Alert]) {
        self.agents = agents
        self.correlated = correlated
    }
}
