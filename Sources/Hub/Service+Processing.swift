package import Model
import Pipeline
import Processing
package import Service
import Storage

// What the API asks for about what the gateway makes of its streams, in the terms of Service.

extension Hub {
    // MARK: - History

    package func metricsHistory(_ query: MetricsHistoryQuery, for principal: Principal) async throws -> MetricsHistory {
        _ = try visibleAgent(query.agent, principal)
        return try await reading { () throws(StoreError) in try await store.metrics.metricsHistory(query, at: now.wall)
        }
    }

    package func systemEvents(
        _ query: SystemEventQuery, page: PageRequest, for principal: Principal
    ) async throws -> Page<SystemEvent> {
        _ = try visibleAgent(query.agent, principal)
        let found = try await reading { () throws(StoreError) in
            try await store.logs.systemEvents(query, offset: page.offset, limit: page.perPage)
        }
        return Page(items: found.items, total: found.total)
    }

    package func searchLogs(
        _ query: LogQuery, page: PageRequest, for principal: Principal
    ) async throws -> Page<LogRecord> {
        var query = query
        for agent in query.agents ?? [] { _ = try visibleAgent(agent, principal) }
        if query.agents == nil { query.agents = visibleAgents(principal) }
        let wanted = query
        let found = try await reading { () throws(StoreError) in
            try await store.logs.search(wanted, offset: page.offset, limit: page.perPage)
        }
        return Page(items: found.lines, total: found.total)
    }

    package func logPatterns(_ query: LogPatternQuery, for principal: Principal) async throws -> [LogPattern] {
        _ = try visibleAgent(query.agent, principal)
        return await pipeline.logPatterns(
            of: query.agent, atLeast: query.minimumLevel, within: query.window, limit: query.limit
        ).map { pattern in
            LogPattern(
                id: pattern.template.id.description, template: pattern.template.text, level: pattern.level,
                total: pattern.total, recent: pattern.recent, firstSeen: pattern.firstSeen, lastSeen: pattern.lastSeen,
                examples: pattern.examples)
        }
    }

    // MARK: - Analytics

    package func health(of agent: AgentID, for principal: Principal) async throws -> Service.HealthAnalysis {
        let isConnected = try visibleAgent(agent, principal).isConnected
        return Service.HealthAnalysis(await pipeline.health(of: agent), isConnected: isConnected)
    }

    package func fleetHealth(for principal: Principal) async throws -> FleetAnalysis {
        let fleet = await pipeline.fleetHealth()
        let known = Dictionary(fleet.agents.map { ($0.agent, $0) }) { first, _ in first }
        var agents: [Service.HealthAnalysis] = []
        for agent in self.agents.values.filter({ sees(principal, $0) }).sorted(by: { $0.id < $1.id }) {
            if let report = known[agent.id] {
                agents.append(Service.HealthAnalysis(report, isConnected: agent.isConnected))
            } else {
                agents.append(
                    Service.HealthAnalysis(await pipeline.health(of: agent.id), isConnected: agent.isConnected))
            }
        }
        return FleetAnalysis(agents: agents, correlated: principal.scope.isUnrestricted ? fleet.correlated : [])
    }

    // MARK: - In common

    /// Nil: all.
    func visibleAgents(_ principal: Principal) -> Set<AgentID>? {
        guard !principal.scope.isUnrestricted else { return nil }
        return Set(agents.values.filter { sees(principal, $0) }.map(\.id))
    }

    func reading<Value>(_ body: () async throws(StoreError) -> Value) async throws(ServiceError) -> Value {
        do {
            return try await body()
        } catch {
            throw ServiceError(error)
        }
    }
}

extension Service.HealthAnalysis {
    fileprivate init(_ report: HealthReport, isConnected: Bool) {
        let health = AgentHealth(rawValue: report.status(isConnected: isConnected).rawValue) ?? .unknown
        self.init(
            agent: report.agent, health: health, lastCheck: report.lastCheck, cpuUsage: report.cpuUsage,
            memoryUsage: report.memoryUsage, diskUsage: report.diskUsage,
            predictions: Predictions(
                risk: report.risk.risk, riskLevel: report.risk.level.rawValue,
                capacityRemaining: report.risk.estimatedCapacityRemaining,
                limitingResource: report.risk.limitingResource?.name),
            alerts: report.alerts, check: report.check)
    }
}
