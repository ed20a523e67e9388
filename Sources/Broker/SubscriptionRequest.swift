package import Model

/// What the caller of `POST /subscriptions` wants, parsed. The Hub has filled in the agent where the resource names it.
package struct SubscriptionRequest: Sendable {
    /// Fresh and random: the broker makes no randomness of its own.
    package var id: SubscriptionID
    package var type: StreamType
    package var agent: AgentSelector?
    package var resource: String
    package var config: StreamConfig
    package var session: SessionID?
    package var principal: Principal

    package init(
        id: SubscriptionID, type: StreamType, agent: AgentSelector?, resource: String = "",
        config: StreamConfig? = nil, session: SessionID? = nil, principal: Principal
    ) {
        self.id = id
        self.type = type
        self.agent = agent
        self.resource = resource
        self.config = config ?? .defaults(for: type)
        self.session = session
        self.principal = principal
    }
}

/// What a new life of the gateway starts with.
package struct BrokerSnapshot: Sendable {
    package var agents: [AgentID: [String: String]] = [:]
    package var sessions: [SessionRecord] = []
    package var subscriptions: [SubscriptionRecord] = []
    package var serverDemands: [ServerDemand] = []
    package init() {}
}
