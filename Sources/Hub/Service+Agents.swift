import Broker
import Logging
package import Model
package import Service
import Storage

// What the API asks for about agents, in the terms of Service.

extension Hub {
    package func agents(page: PageRequest, for principal: Principal) -> Page<AgentView> {
        page.slice(agents.values.filter { sees(principal, $0) }.sorted { $0.id < $1.id }.map(view))
    }

    package func agent(_ id: AgentID, for principal: Principal) throws -> AgentView {
        view(try visibleAgent(id, principal))
    }

    package func agentMetrics(_ id: AgentID, for principal: Principal) throws -> [UInt8]? {
        try visibleAgent(id, principal).record.lastMetrics.flatMap { StoredMetrics.json($0, arena: scratch.arena) }
    }

    package func agentSystem(_ id: AgentID, for principal: Principal) throws -> [UInt8]? {
        try visibleAgent(id, principal).record.systemInfo.flatMap { StoredSystemInfo.json($0, arena: scratch.arena) }
    }

    package func refreshSystem(_ id: AgentID, parts: SystemParts, for principal: Principal) async throws -> TaskRecord {
        let agent = try visibleAgent(id, principal)
        guard agent.isConnected else { throw ServiceError.agentOffline(id) }
        return try await createRefresh(of: agent, parts)
    }

    package func metricsAgents(for principal: Principal) -> [MetricsAgentView] {
        agents.values.filter { sees(principal, $0) }.sorted { $0.id < $1.id }.map { agent in
            MetricsAgentView(
                id: agent.id, isConnected: agent.isConnected, lastSeen: agent.record.lastSeen,
                lastUpdate: agent.record.lastMetrics?.time,
                isStreaming: agent.isConnected && broker.isDemanded(StreamKey(type: .metrics, agent: agent.id)),
                hasSystemInfo: agent.record.systemInfo != nil, hasMetrics: agent.record.lastMetrics != nil)
        }
    }

    func visibleAgent(_ id: AgentID, _ principal: Principal) throws(ServiceError) -> Agent {
        guard let agent = agents[id], sees(principal, agent) else { throw .notFound(.agent, id: id.text) }
        return agent
    }

    func sees(_ principal: Principal, _ agent: Agent) -> Bool {
        principal.scope.allows(agent.id, labels: agent.record.labels)
    }

    private func view(_ agent: Agent) -> AgentView {
        let health: AgentHealth =
            !agent.isConnected ? .offline : agent.health.map { $0.isDegraded ? .degraded : .healthy } ?? .unknown
        return AgentView(
            id: agent.id, hostname: agent.record.hostname, version: agent.record.version,
            isConnected: agent.isConnected, connectedSince: agent.connectedSince, lastSeen: agent.record.lastSeen,
            address: agent.record.address, labels: agent.record.labels, capabilities: agent.record.capabilities,
            streamsActive: agent.isConnected ? broker.activeStreamCount(agent: agent.id) : 0,
            tasksRunning: tasks.values.count { $0.agent == agent.id && !$0.record.status.isFinal }, health: health)
    }
}
