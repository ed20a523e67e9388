import Model

extension Broker {
    /// The request as a record, if the caller may have it.
    func validate(_ request: SubscriptionRequest, _ now: Now) throws(BrokerError) -> SubscriptionRecord {
        guard request.type.isClientStream else { throw .notAClientStream(request.type) }
        try Self.checkResource(request)
        let agent = try checkAgent(request)
        try Self.checkConfig(request.config, of: request.type)
        try checkSession(request)
        try clients.checkRoom(for: request.principal, settings)
        guard clients[request.id] == nil else { throw .conflict("the subscription id is in use") }
        let record = SubscriptionRecord(
            id: request.id, type: request.type, agent: agent, resource: request.resource, config: request.config,
            session: request.session, principal: request.principal, createdAt: now.wall)
        try clients.checkRoom(for: ViewKey(record), settings)
        return record
    }

    private static func checkResource(_ request: SubscriptionRequest) throws(BrokerError) {
        guard request.type.info.resourceBased else {
            guard request.resource.isEmpty else {
                throw .invalidField("resource", reason: "is not for \(request.type.rawValue), which has none")
            }
            return
        }
        guard !request.resource.isEmpty else { throw .resourceRequired(request.type) }
        guard IdentifierRules.isValid(request.resource, allowingSlash: true) else {
            throw .invalidField("resource", reason: "must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ - /")
        }
    }

    private func checkAgent(_ request: SubscriptionRequest) throws(BrokerError) -> AgentSelector {
        switch request.agent {
        case nil:
            throw .invalidField("agent_id", reason: "is required")
        case .every:
            guard request.type.info.allowsEveryAgent else {
                throw .invalidField("agent_id", reason: "must name one agent for \(request.type.rawValue)")
            }
            return .every
        case .one(let agent):
            guard IdentifierRules.isValid(agent.text) else {
                throw .invalidField("agent_id", reason: "must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ -")
            }
            guard mayUse(agent, waiting: request.config.waitForAgent, request.principal) else {
                throw .agentNotFound(agent)
            }
            return .one(agent)
        }
    }

    /// Whether the agent exists for this caller, or may be waited for.
    func mayUse(_ agent: AgentID, waiting: Bool, _ principal: Principal) -> Bool {
        guard waiting || agents[agent] != nil else { return false }
        return principal.scope.allows(agent, labels: agents[agent]?.labels ?? [:])
    }

    private func checkSession(_ request: SubscriptionRequest) throws(BrokerError) {
        guard let id = request.session else { return }
        guard let session = clients[id], session.record.principal.token == request.principal.token,
            session.record.principal.scope == request.principal.scope
        else { throw .sessionNotFound(id) }
        let limit = settings.maxSubscriptionsPerSession
        guard session.subscriptions.count < limit else { throw .sessionFull(limit: limit) }
    }

    static func checkConfig(_ config: StreamConfig, of type: StreamType) throws(BrokerError) {
        guard StreamConfig.intervalRange.contains(config.interval) else {
            throw .invalidField("config.interval", reason: "must be 100ms to 1h")
        }
        guard StreamConfig.bufferSizeRange.contains(config.bufferSize) else {
            throw .invalidField("config.buffer_size", reason: "must be 1 to 10000")
        }
        guard tailRange.contains(config.tail) else {
            throw .invalidField("config.tail", reason: "must be 0 to 10000")
        }
        guard config.filters.count <= maximumListLength, config.filters.allSatisfy({ IdentifierRules.isValid($0) })
        else {
            throw .invalidField(
                "config.filters", reason: "must be at most 64 names of parts, such as cpu.usage_percent")
        }
        let alertLevels: Set = ["info", "warning", "critical"]
        guard config.alertLevels.allSatisfy(alertLevels.contains), config.alertLevels.count <= alertLevels.count else {
            throw .invalidField("config.alert_levels", reason: "must be of info, warning, critical")
        }
        guard config.levels.count <= maximumListLength, config.levels.allSatisfy({ IdentifierRules.isValid($0) }) else {
            throw .invalidField("config.levels", reason: "must be names of levels")
        }
        guard (config.query?.utf8.count ?? 0) <= maximumQueryBytes else {
            throw .invalidField("config.query", reason: "must have at most 1024 bytes")
        }
    }

    private static let tailRange = 0...10_000
    private static let maximumListLength = 64
    private static let maximumQueryBytes = 1_024
}
