package import Model

/// A subscription as `GET /subscriptions/{id}` shows it; delivery counters come from its connection's loop.
package struct SubscriptionDescription: Sendable, Equatable {
    package enum Status: String, Sendable {
        /// Never opened.
        case pending
        case active
        /// Its connection has ended; it may be resumed.
        case disconnected
        case ended
    }

    package var record: SubscriptionRecord
    /// `view` in JSON.
    package var view: String
    package var status: Status
    package var connection: ConnectionID?
    /// The view it reads or would come back to.
    package var topic: TopicID?
    /// For every agent: whether any agent in scope is connected.
    package var isAgentConnected: Bool
    /// When it goes unless it is opened; nil while it is open.
    package var expiresAt: WallTime?
}

package struct SessionDescription: Sendable, Equatable {
    package var record: SessionRecord
    package var connection: ConnectionID?
    package var subscriptions: [SubscriptionID]
    /// When it goes unless it is opened; nil while it is open.
    package var expiresAt: WallTime?
}

package struct SubscriptionFilter: Sendable {
    package var type: StreamType?
    package var agent: AgentSelector?
    package var session: SessionID?
    package init(type: StreamType? = nil, agent: AgentSelector? = nil, session: SessionID? = nil) {
        self.type = type
        self.agent = agent
        self.session = session
    }
}

package struct SubscriptionPage: Sendable {
    package var subscriptions: [SubscriptionDescription]
    /// All that match, on this page and others.
    package var total: Int
}

/// One reason for a stream to run.
package struct LeaseDescription: Sendable, Equatable {
    package var id: LeaseID
    package var config: DesiredConfig
}

/// A stream that runs, or would if its agent were connected and able.
package struct StreamDescription: Sendable, Equatable {
    package var key: StreamKey
    package var ref: UInt32
    /// Of the agent's desired state.
    package var generation: UInt64
    package var since: WallTime
    package var config: DesiredConfig
    /// At most `maximumLeases` of them; empty while it lingers.
    package var leases: [LeaseDescription]
    package var leaseCount: Int
    package var state: StreamState

    /// A fleet has streams by the thousand, and a view of every agent has its listeners on each of them.
    package static let maximumLeases = 100
}

package struct BrokerCounts: Sendable, Equatable {
    package var subscriptions = 0
    package var sessions = 0
    package var connections = 0
    package var views = 0
    package var streams = 0
    package var serverDemands = 0
    package var connectedAgents = 0
    package var deadlines = 0
    /// Leases refused because their agent had as many streams as it may, since the start.
    package var refusedLeases: UInt64 = 0
}

extension Broker {
    /// - Throws: `subscriptionNotFound`, also for another token's when the caller is not an admin.
    package func subscription(
        _ id: SubscriptionID, for principal: Principal
    ) throws(BrokerError) -> SubscriptionDescription {
        guard let subscription = clients[id], owns(principal, subscription.principal) else {
            throw .subscriptionNotFound(id)
        }
        return describe(subscription)
    }

    /// - Throws: `sessionNotFound`, also for another token's when the caller is not an admin.
    package func session(_ id: SessionID, for principal: Principal) throws(BrokerError) -> SessionDescription {
        guard let session = clients[id], owns(principal, session.record.principal) else {
            throw .sessionNotFound(id)
        }
        return describe(session)
    }

    /// What the subscriptions to a type are about.
    package func resources(of type: StreamType) -> Set<String> {
        Set(clients.inOrder.lazy.filter { $0.record.type == type }.map(\.record.resource))
    }

    /// Those that the caller owns (an admin: all) and that match, in the order of creation.
    /// - Parameters:
    ///   - page: from 1.
    ///   - perPage: at least 1.
    package func subscriptions(
        _ filter: SubscriptionFilter, for principal: Principal, page: Int, perPage: Int
    ) -> SubscriptionPage {
        let (skipped, overflow) = (page - 1).multipliedReportingOverflow(by: perPage)
        var result = SubscriptionPage(subscriptions: [], total: 0)
        for subscription in clients.inOrder
        where filter.matches(subscription.record) && owns(principal, subscription.principal) {
            if !overflow, result.total >= skipped, result.subscriptions.count < perPage {
                result.subscriptions.append(describe(subscription))
            }
            result.total += 1
        }
        return result
    }

    /// The streams that somebody wants, and why; by agent, then in the order they started.
    /// - Parameters:
    ///   - agent: only this one's when given.
    ///   - page: from 1.
    ///   - perPage: at least 1.
    package func activeStreams(
        agent: AgentID? = nil, page: Int = 1, perPage: Int = .max
    ) -> [StreamDescription] {
        let (skipped, overflow) = (page - 1).multipliedReportingOverflow(by: perPage)
        guard !overflow else { return [] }
        var result: [StreamDescription] = []
        var position = 0
        for agent in agent.map({ [$0] }) ?? demand.agentIDs {
            for entry in demand.streams(of: agent) {
                defer { position += 1 }
                guard position >= skipped else { continue }
                guard result.count < perPage else { return result }
                result.append(describe(entry.key, entry.stream))
            }
        }
        return result
    }

    /// How many streams somebody wants, of one agent or of all.
    package func activeStreamCount(agent: AgentID? = nil) -> Int { demand.count(agent: agent) }

    package var counts: BrokerCounts {
        BrokerCounts(
            subscriptions: clients.subscriptionCount, sessions: clients.sessions.count,
            connections: connections.count, views: views.count, streams: demand.streams.count,
            serverDemands: serverDemands.count, connectedAgents: agents.connectedCount, deadlines: deadlines.count,
            refusedLeases: refusedLeases)
    }

    func describe(_ subscription: Subscription) -> SubscriptionDescription {
        let record = subscription.record
        let session = record.session.flatMap { clients[$0] }
        return SubscriptionDescription(
            record: record, view: subscription.view.name, status: subscription.opening.status,
            connection: subscription.opening.connection, topic: subscription.topic,
            isAgentConnected: isConnected(record),
            expiresAt: shownExpiry(subscription.expiry ?? session?.expiry, record.principal))
    }

    func describe(_ session: Session) -> SessionDescription {
        SessionDescription(
            record: session.record, connection: session.opening.connection, subscriptions: session.subscriptions,
            expiresAt: shownExpiry(session.expiry, session.record.principal))
    }

    private func shownExpiry(_ expiry: Expiry?, _ principal: Principal) -> WallTime? {
        [expiry?.shown, principal.expires].compactMap(\.self).min()
    }

    private func isConnected(_ record: SubscriptionRecord) -> Bool {
        switch record.agent {
        case .one(let agent): agents.isConnected(agent)
        case .every: agents.hasConnected(in: record.principal.scope)
        }
    }

    private func describe(_ key: StreamKey, _ stream: DemandedStream) -> StreamDescription {
        var leases: [LeaseDescription] = []
        // The smallest groups first, so that no kind of reason is crowded out by a popular view.
        let sources = stream.leases.sorted { leaseCount(of: $0.key) < leaseCount(of: $1.key) }
        for (source, config) in sources where leases.count < StreamDescription.maximumLeases {
            let room = StreamDescription.maximumLeases - leases.count
            leases += names(of: source, atMost: room).map { LeaseDescription(id: $0, config: config) }
        }
        return StreamDescription(
            key: key, ref: stream.ref, generation: agents[key.agent]?.generation ?? 0, since: stream.since,
            config: stream.config,
            leases: leases.sorted { ($0.id.kind.rawValue, $0.id.name) < ($1.id.kind.rawValue, $1.id.name) },
            leaseCount: stream.leases.keys.reduce(0) { $0 + leaseCount(of: $1) }, state: state(of: key))
    }

    /// A view stands for all who listen to it.
    private func names(of source: DemandSource, atMost limit: Int) -> [LeaseID] {
        switch source {
        case .view(let topic): listeners(of: topic, as: .listener, atMost: limit)
        case .derived(let topic): listeners(of: topic, as: .derived, atMost: limit)
        case .server(let id): [LeaseID(kind: .server, name: id.text)]
        case .standing(let kind): [LeaseID(kind: kind, name: "configuration")]
        case .task(let id): [LeaseID(kind: .task, name: id.text)]
        }
    }

    private func listeners(of topic: TopicID, as kind: LeaseKind, atMost limit: Int) -> [LeaseID] {
        views[topic]?.listeners.keys.prefix(limit).map { LeaseID(kind: kind, name: $0.text) } ?? []
    }

    private func leaseCount(of source: DemandSource) -> Int {
        switch source {
        case .view(let topic), .derived(let topic): views[topic]?.listeners.count ?? 0
        case .server, .standing, .task: 1
        }
    }
}

extension SubscriptionFilter {
    fileprivate func matches(_ record: SubscriptionRecord) -> Bool {
        (type == nil || type == record.type) && (agent == nil || agent == record.agent)
            && (session == nil || session == record.session)
    }
}

extension Opening {
    fileprivate var status: SubscriptionDescription.Status {
        switch self {
        case .unopened: .pending
        case .open: .active
        case .resumable: .disconnected
        case .ended: .ended
        }
    }
}
