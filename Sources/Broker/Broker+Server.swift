package import Model

/// Demand that comes from nobody's connection: the API's, and that of tasks.
extension Broker {
    /// Adds or changes the gateway's own demand for a stream; there is one per type and agent.
    /// - Parameter id: fresh; used if there was none.
    /// - Returns: the demand, and whether it is new.
    package mutating func putServerDemand(
        _ id: ServerStreamID, type: StreamType, agent: AgentID, config: StreamConfig, for principal: Principal,
        _ now: Now, into actions: inout [BrokerAction]
    ) throws(BrokerError) -> (demand: ServerDemand, isNew: Bool) {
        guard type.runsOnAgent, !type.info.resourceBased else {
            throw .invalidField(
                "stream_type", reason: "must be metrics, health_check, system_events or log_aggregation")
        }
        guard principal.role == .admin else { throw .forbidden }
        guard IdentifierRules.isValid(agent.text), mayUse(agent, waiting: config.waitForAgent, principal) else {
            throw .agentNotFound(agent)
        }
        try Self.checkConfig(config, of: type)
        let existing = serverDemandIDs[StreamKey(type: type, agent: agent)].flatMap { serverDemands[$0] }
        guard existing != nil || serverDemands.count < settings.maxServerDemands else { throw .overloaded }
        let record = ServerDemand(
            id: existing?.id ?? id, type: type, agent: agent, config: config,
            startedAt: existing?.startedAt ?? now.wall)
        if record != existing { actions.append(.persistServerDemand(record)) }
        lease(record, now, &actions)
        settle(now, &actions)
        return (record, existing == nil)
    }

    /// - Throws: `serverStreamNotFound`, also where the agent does not exist for the caller.
    package mutating func removeServerDemand(
        _ id: ServerStreamID, for principal: Principal, _ now: Now, into actions: inout [BrokerAction]
    ) throws(BrokerError) {
        guard let record = serverDemands[id],
            principal.scope.allows(record.agent, labels: agents[record.agent]?.labels ?? [:])
        else { throw .serverStreamNotFound(id) }
        serverDemands[id] = nil
        let key = StreamKey(type: record.type, agent: record.agent)
        serverDemandIDs[key] = nil
        actions.append(.forgetServerDemand(id))
        release(.server(id), on: key, now, &actions)
        settle(now, &actions)
    }

    /// The gateway's own demand for a stream, if there is one.
    package func serverDemand(type: StreamType, agent: AgentID) -> ServerDemand? {
        serverDemandIDs[StreamKey(type: type, agent: agent)].flatMap { serverDemands[$0] }
    }

    mutating func lease(_ record: ServerDemand, _ now: Now, _ actions: inout [BrokerAction]) {
        let key = StreamKey(type: record.type, agent: record.agent)
        serverDemands[record.id] = record
        serverDemandIDs[key] = record.id
        acquire(.server(record.id), on: key, DesiredConfig(record.config, for: record.type), now, &actions)
    }

    // MARK: - Tasks

    /// A task exists and is not final: from its creation, or from the start of a gateway that finds it in its store.
    /// Its streams run as long as the task does, with or without listeners.
    /// - Parameter other: a second stream that its output feeds.
    package mutating func taskStarted(
        _ task: TaskID, stream: StreamKey, and other: StreamKey? = nil, _ now: Now,
        into actions: inout [BrokerAction]
    ) {
        let streams = [stream] + (other.map { [$0] } ?? [])
        guard tasks.updateValue(streams, forKey: task) == nil else { return }
        for stream in streams { acquire(.task(task), on: stream, DesiredConfig(interval: 0), now, &actions) }
        settle(now, &actions)
    }

    /// A task is final. Its listeners stay until each has been written the rest; then call `complete` for it.
    package mutating func taskEnded(_ task: TaskID, _ now: Now, into actions: inout [BrokerAction]) {
        guard let streams = tasks.removeValue(forKey: task) else { return }
        for stream in streams { release(.task(task), on: stream, now, &actions) }
        settle(now, &actions)
    }

    func isTaskRunning(_ view: View) -> Bool {
        guard case .one(let agent) = view.key.agent else { return false }
        return demand[view.stream(on: agent)]?.hasTask == true
    }
}

extension DemandedStream {
    fileprivate var hasTask: Bool {
        leases.keys.contains { source in
            if case .task = source { true } else { false }
        }
    }
}
