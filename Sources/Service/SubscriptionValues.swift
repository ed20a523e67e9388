package import Model

/// What `POST /subscriptions` asks for, decoded and with defaults filled in.
package struct NewSubscription: Sendable, Equatable {
    package var type: StreamType
    /// Nil where the resource names the agent (tasks, deployments).
    package var agent: AgentSelector?
    /// Empty for agent-wide streams.
    package var resource: String
    package var config: StreamConfig
    package var session: SessionID?

    package init(
        type: StreamType, agent: AgentSelector?, resource: String = "", config: StreamConfig, session: SessionID? = nil
    ) {
        self.type = type
        self.agent = agent
        self.resource = resource
        self.config = config
        self.session = session
    }
}

package enum SubscriptionStatus: String, Sendable, CaseIterable {
    /// Nobody has opened it yet.
    case pending
    /// An SSE connection is open.
    case active
    /// The connection ended; it can be taken up again.
    case disconnected
    /// The stream has been delivered to its end.
    case ended
}

/// One subscription as the API shows it.
package struct SubscriptionView: Sendable, Equatable {
    package var id: SubscriptionID
    package var type: StreamType
    package var agent: AgentSelector
    package var resource: String
    package var config: StreamConfig
    /// What its events carry as `view`.
    package var view: String
    package var status: SubscriptionStatus
    /// False for `"*"` when no agent is connected.
    package var agentConnected: Bool
    package var session: SessionID?
    package var createdAt: WallTime
    /// Nil while a connection is open.
    package var expiresAt: WallTime?
    package var delivery = DeliveryCounts()

    package init(
        id: SubscriptionID, type: StreamType, agent: AgentSelector, resource: String, config: StreamConfig,
        view: String, status: SubscriptionStatus, agentConnected: Bool, session: SessionID?, createdAt: WallTime,
        expiresAt: WallTime?
    ) {
        self.id = id
        self.type = type
        self.agent = agent
        self.resource = resource
        self.config = config
        self.view = view
        self.status = status
        self.agentConnected = agentConnected
        self.session = session
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// What became of the events of one subscription, over all its connections.
package struct DeliveryCounts: Sendable, Equatable {
    package var delivered: UInt64 = 0
    package var dropped: UInt64 = 0
    /// Replaced by a newer one before they were sent.
    package var conflated: UInt64 = 0
    /// Events that wait for the client at this moment.
    package var queued: UInt64 = 0
    /// For how long the client has taken nothing, while something waits.
    package var lag: Milliseconds = 0

    package init() {}
}

/// Which subscriptions to list; nil: do not ask for that.
package struct SubscriptionSelection: Sendable, Equatable {
    package var type: StreamType?
    package var agent: AgentSelector?
    package var session: SessionID?

    package init(type: StreamType? = nil, agent: AgentSelector? = nil, session: SessionID? = nil) {
        self.type = type
        self.agent = agent
        self.session = session
    }
}

package struct SessionView: Sendable, Equatable {
    package var id: SessionID
    package var expiresAt: WallTime

    package init(id: SessionID, expiresAt: WallTime) {
        self.id = id
        self.expiresAt = expiresAt
    }
}
