import Broker
import Logging
package import Model
import Pipeline
package import Service
import Storage

// What the API asks for about streams and server demands, in the terms of Service.

extension Hub {
    package func streams(of agent: AgentID?, page: PageRequest, for principal: Principal) throws -> Page<StreamView> {
        if let agent { _ = try visibleAgent(agent, principal) }
        guard principal.scope.isUnrestricted || agent != nil else {
            return page.slice(
                broker.activeStreams()
                    .filter { principal.scope.allows($0.key.agent, labels: agents[$0.key.agent]?.record.labels ?? [:]) }
                    .map(view))
        }
        return Page(
            items: broker.activeStreams(agent: agent, page: page.page, perPage: page.perPage).map(view),
            total: broker.activeStreamCount(agent: agent))
    }

    private func view(_ stream: StreamDescription) -> StreamView {
        let flow = flows[stream.key] ?? StreamFlow(stream.key)
        return StreamView(
            id: "str_\(stream.key.agent)_\(stream.ref)", key: stream.key, generation: stream.generation,
            activeSince: stream.since, state: stream.state.name,
            config: StreamConfig(stream.config, of: stream.key.type),
            leases: stream.leases.map {
                .init(id: $0.id, config: StreamConfig($0.config, of: stream.key.type))
            },
            leaseCount: stream.leaseCount,
            eventsIn: flow.eventsIn, eventsOut: flow.eventsOut,
            eventsPerSecond: flow.rate.perSecond(at: now.monotonic),
            processor: Pipeline.processor(of: stream.key.type))
    }

    package func upsertServerStream(_ request: ServerStreamRequest, for principal: Principal) async throws
        -> ServerStreamView
    {
        let id = ServerStreamID("srv_" + RandomText.make(bits: 60))
        let (demand, isNew) = try refusing { () throws(BrokerError) in
            try change { (broker, now, actions) throws(BrokerError) in
                try broker.putServerDemand(
                    id, type: request.type, agent: request.agent, config: request.config, for: principal, now,
                    into: &actions)
            }
        }
        await untilStored()
        return view(demand, isNew: isNew)
    }

    package func deleteServerStream(_ id: ServerStreamID, for principal: Principal) async throws {
        try refusing { () throws(BrokerError) in
            try change { (broker, now, actions) throws(BrokerError) in
                try broker.removeServerDemand(id, for: principal, now, into: &actions)
            }
        }
        await untilStored()
    }

    /// The demand on metrics that the older route makes: an operator may make it, so it is the gateway that asks.
    package func startMetrics(of agent: AgentID, config: StreamConfig, for principal: Principal) async throws
        -> ServerStreamView
    {
        _ = try visibleAgent(agent, principal)
        return try await upsertServerStream(
            ServerStreamRequest(type: .metrics, agent: agent, config: config), for: .anonymousAdmin)
    }

    package func stopMetrics(of agent: AgentID, for principal: Principal) async throws {
        _ = try visibleAgent(agent, principal)
        if let demand = broker.serverDemand(type: .metrics, agent: agent) {
            try await deleteServerStream(demand.id, for: principal)
        }
    }

    private func view(_ demand: ServerDemand, isNew: Bool) -> ServerStreamView {
        ServerStreamView(
            id: demand.id, request: ServerStreamRequest(type: demand.type, agent: demand.agent, config: demand.config),
            isNew: isNew, isActive: agents[demand.agent]?.isConnected == true,
            processor: Pipeline.processor(of: demand.type),
            startedAt: demand.startedAt)
    }
}
