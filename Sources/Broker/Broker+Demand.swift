package import Model

/// From listeners to leases to what agents are told.
extension Broker {
    /// The stream behind a short name that an agent uses in its samples; nil for one that is no longer wanted.
    package func streamKey(agent: AgentID, ref: UInt32) -> StreamKey? { demand.key(agent: agent, ref: ref) }

    /// Whether anything wants the stream, including one that is made in the gateway.
    package func isDemanded(_ key: StreamKey) -> Bool { demand[key] != nil }

    /// Appends the views that get a sample or an event of `key`, in the order they were opened on it, those of every agent
    /// last.
    ///
    /// Periodic views take no more samples than they asked for, all others take every event; calling it counts the
    /// sample as delivered to those it names.
    /// - Parameter sampledAt: when the agent took the sample, in nanoseconds of its own clock.
    package mutating func collectDueViews(_ key: StreamKey, sampledAt: UInt64, into due: inout [DueView]) {
        views.collectDue(
            key, sampledAt: sampledAt, streamInterval: key.type.isPaced ? interval(of: key) : 0, into: &due)
    }

    /// How often the agent has been asked for a sample of what the stream is made of; 0 if it has not.
    private func interval(of key: StreamKey) -> Milliseconds {
        let source = StreamKey(type: key.type.source, agent: key.agent, resource: key.resource)
        return demand[source]?.config.interval ?? 0
    }

    /// Appends the views of every agent whose callers may see every agent: for what is about the fleet as a whole.
    package func collectFleetViews(_ type: StreamType, into due: inout [DueView]) {
        for topic in views.viewsOfEveryAgent {
            guard let view = views[topic], view.key.type == type, view.key.scope.isUnrestricted else { continue }
            due.append(DueView(topic: topic, isWatched: !view.listeners.isEmpty))
        }
    }

    /// The desired state of a connected agent under its present generation.
    func desiredState(of agent: AgentID) -> DesiredState {
        let streamTypes = agents[agent]?.streamTypes ?? []
        let streams = demand.streams(of: agent).compactMap { key, stream -> DesiredStream? in
            guard key.type.runsOnAgent, streamTypes.contains(key.type) else { return nil }
            return DesiredStream(ref: stream.ref, key: key, config: stream.config)
        }
        return DesiredState(generation: agents[agent]?.generation ?? 0, streams: streams)
    }

    // MARK: - Views

    /// Makes a subscription a listener of its view, which is opened if need be; the first listener brings the leases.
    mutating func listen(
        _ subscription: Subscription, on connection: ConnectionID, _ now: Now, _ actions: inout [BrokerAction]
    ) -> TopicID {
        let topic = openView(of: subscription, &actions)
        if views.listen(subscription.id, on: connection, to: topic) { leaseView(topic, now, &actions) }
        // It had kept the view for its return.
        if subscription.topic != nil, subscription.opening.connection == nil { views.release(topic) }
        return topic
    }

    mutating func unlisten(_ subscription: Subscription, _ now: Now, _ actions: inout [BrokerAction]) {
        guard let topic = subscription.topic else { return }
        if views.unlisten(subscription.id, to: topic), let view = views[topic] {
            for agent in view.agents.sorted() { releaseLease(of: view, on: agent, now, &actions) }
        }
        closeViewIfUnused(topic, &actions)
    }

    mutating func closeViewIfUnused(_ topic: TopicID, _ actions: inout [BrokerAction]) {
        if views.closeIfUnused(topic) { actions.append(.viewClosed(topic)) }
    }

    private mutating func openView(of subscription: Subscription, _ actions: inout [BrokerAction]) -> TopicID {
        let key = subscription.view
        if let topic = subscription.topic ?? views.topic(of: key) { return topic }
        let topic = views.open(key, config: subscription.config)
        switch key.agent {
        case .one(let agent): views.add(agent, to: topic)
        case .every: for agent in agents.known(in: key.scope) { views.add(agent, to: topic) }
        }
        if let view = views[topic] { actions.append(.viewOpened(view.description)) }
        return topic
    }

    private mutating func leaseView(_ topic: TopicID, _ now: Now, _ actions: inout [BrokerAction]) {
        guard let view = views[topic] else { return }
        for agent in view.agents.sorted() { acquireLease(of: view, on: agent, now, &actions) }
    }

    mutating func acquireLease(
        of view: View, on agent: AgentID, _ now: Now, _ actions: inout [BrokerAction]
    ) {
        let key = view.stream(on: agent)
        acquire(.view(view.topic), on: key, DesiredConfig(view.config, for: key.type), now, &actions)
        guard let source = view.key.type.info.derivedFrom else { return }
        let config = DesiredConfig(derivedFrom: source, view.config)
        acquire(.derived(view.topic), on: StreamKey(type: source, agent: agent), config, now, &actions)
    }

    mutating func releaseLease(
        of view: View, on agent: AgentID, _ now: Now, _ actions: inout [BrokerAction]
    ) {
        release(.view(view.topic), on: view.stream(on: agent), now, &actions)
        guard let source = view.key.type.info.derivedFrom else { return }
        release(.derived(view.topic), on: StreamKey(type: source, agent: agent), now, &actions)
    }

    // MARK: - Leases

    mutating func acquire(
        _ source: DemandSource, on key: StreamKey, _ config: DesiredConfig, _ now: Now,
        _ actions: inout [BrokerAction]
    ) {
        switch demand.acquire(source, on: key, config: config, now: now) {
        case .started:
            views.startAnew(key)
            actions.append(.streamStarted(key))
            markDirty(key)
        case .updated:
            markDirty(key)
        case .unchanged:
            break
        case .refused:
            refusedLeases += 1
            return
        }
        deadlines.cancel(.linger(key))
    }

    /// The last one out stops the stream, after the linger where stopping would cost something.
    mutating func release(
        _ source: DemandSource, on key: StreamKey, _ now: Now, _ actions: inout [BrokerAction]
    ) {
        switch demand.release(source, on: key) {
        case .unchanged: break
        case .updated: markDirty(key)
        case .idle:
            if settings.linger > 0, key.type.runsOnAgent, agents.isConnected(key.agent) {
                deadlines.set(.linger(key), at: now.monotonic + settings.linger)
            } else {
                stopIfIdle(key, &actions)
            }
        }
    }

    /// The end of the linger: looks again, since somebody may have come back.
    mutating func stopIfIdle(_ key: StreamKey, _ actions: inout [BrokerAction]) {
        guard demand.stopIfIdle(key) else { return }
        deadlines.cancel(.linger(key))
        actions.append(.streamStopped(key))
        markDirty(key)
    }

    private mutating func markDirty(_ key: StreamKey) {
        if key.type.runsOnAgent { agents.markDirty(key.agent) }
    }

    // MARK: - State

    func state(of view: View) -> StreamState {
        switch view.key.agent {
        case .every: view.agents.contains(where: agents.isConnected) ? .active : .waitingForAgent
        case .one(let agent): state(of: view.stream(on: agent))
        }
    }

    func state(of key: StreamKey) -> StreamState {
        let source = StreamKey(type: key.type.source, agent: key.agent, resource: key.resource)
        guard let stream = demand[source] else { return .overloaded }
        guard let agent = agents[key.agent], agent.isConnected else { return .waitingForAgent }
        guard source.type.runsOnAgent else { return .active }
        guard agent.streamTypes.contains(source.type) else { return .unsupported }
        if let rejection = stream.rejection {
            return .rejected(code: rejection.code, message: rejection.message)
        }
        return .active
    }
}
