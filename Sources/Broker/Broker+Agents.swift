package import Model

extension Broker {
    /// An agent has been welcomed, or another connection of it has taken over: it is told everything.
    /// - Parameter streamTypes: what it can stream, as its Hello says.
    package mutating func agentConnected(
        _ agent: AgentID, labels: [String: String], streamTypes: Set<StreamType>, _ now: Now,
        into actions: inout [BrokerAction]
    ) {
        agents.connect(agent, labels: labels, streamTypes: streamTypes)
        for entry in demand.streams(of: agent) { demand.setRejection(nil, of: entry.key) }
        for standing in settings.standing {
            let key = StreamKey(type: standing.type, agent: agent)
            if streamTypes.contains(standing.type) {
                acquire(
                    .standing(standing.kind), on: key, DesiredConfig(standing.config, for: standing.type), now, &actions
                )
            } else {
                release(.standing(standing.kind), on: key, now, &actions)
            }
        }
        let waiting = views.viewsOfEveryAgent.filter { views[$0].map(state) == .waitingForAgent }
        matchViewsOfEveryAgent(agent, now, &actions)
        for topic in views.views(of: agent) { tellListeners(of: topic, nil, &actions) }
        for topic in waiting where views[topic].map(state) == .active { tellListeners(of: topic, nil, &actions) }
        settle(now, &actions)
    }

    /// The connection to an agent is lost or was closed, and no other has taken over. What it is asked for by others
    /// than the configuration stays asked for.
    package mutating func agentLost(_ agent: AgentID, _ now: Now, into actions: inout [BrokerAction]) {
        guard agents.isConnected(agent) else { return }
        let active = views.viewsOfEveryAgent.filter { views[$0].map(state) == .active }
        agents.disconnect(agent)
        deadlines.cancel(.resend(agent))
        for standing in settings.standing {
            release(.standing(standing.kind), on: StreamKey(type: standing.type, agent: agent), now, &actions)
        }
        // Nothing is kept warm by lingering on an agent that is away.
        for entry in demand.streams(of: agent) { stopIfIdle(entry.key, &actions) }
        for topic in views.views(of: agent) { tellListeners(of: topic, .agentLost, &actions) }
        for topic in active where views[topic].map(state) == .waitingForAgent {
            tellListeners(of: topic, nil, &actions)
        }
        settle(now, &actions)
    }

    /// A heartbeat of the agent. One that has not applied what it was told gets it again, at the latest `resendAfter`
    /// after it was sent.
    package mutating func heartbeat(
        _ agent: AgentID, appliedGeneration: UInt64, _ now: Now, into actions: inout [BrokerAction]
    ) {
        guard agents.isConnected(agent) else { return }
        if agents.noteApplied(agent, generation: appliedGeneration) {
            deadlines.cancel(.resend(agent))
        } else if let earliest = agents[agent].map({ $0.sentAt + settings.resendAfter }), earliest > now.monotonic {
            deadlines.set(.resend(agent), at: earliest)
        } else {
            resendIfBehind(agent, now, &actions)
        }
        settle(now, &actions)
    }

    /// What the agent runs and what it cannot run. Listeners are told what changes for them.
    package mutating func streamStates(
        _ agent: AgentID, appliedGeneration: UInt64, rejected: [RejectedStream], _ now: Now,
        into actions: inout [BrokerAction]
    ) {
        guard agents.isConnected(agent) else { return }
        heartbeat(agent, appliedGeneration: appliedGeneration, now, into: &actions)
        let rejections = Dictionary(rejected.map { ($0.ref, $0) }, uniquingKeysWith: { first, _ in first })
        for (key, stream) in demand.streams(of: agent) where stream.rejection != rejections[stream.ref] {
            demand.setRejection(rejections[stream.ref], of: key)
            for topic in views.views(of: agent) where views[topic]?.feeds(on: key) == true {
                tellListeners(of: topic, nil, &actions)
            }
        }
    }

    mutating func resendIfBehind(_ agent: AgentID, _ now: Now, _ actions: inout [BrokerAction]) {
        guard let state = agents[agent], state.isConnected, !state.isDirty, state.appliedGeneration != state.generation
        else { return }
        agents.noteSent(agent, now: now.monotonic)
        actions.append(.sendDesired(agent, desiredState(of: agent)))
    }

    /// A new agent, or one whose labels changed, enters or leaves the views of every agent.
    private mutating func matchViewsOfEveryAgent(
        _ agent: AgentID, _ now: Now, _ actions: inout [BrokerAction]
    ) {
        let labels = agents[agent]?.labels ?? [:]
        var hasChanged = false
        for topic in views.viewsOfEveryAgent {
            let belongs = views[topic]?.key.scope.allows(agent, labels: labels) == true
            guard belongs != views[topic]?.agents.contains(agent) else { continue }
            hasChanged = true
            if belongs { views.add(agent, to: topic) } else { views.remove(agent, from: topic) }
            guard let view = views[topic], !view.listeners.isEmpty else { continue }
            if belongs {
                acquireLease(of: view, on: agent, now, &actions)
            } else {
                releaseLease(of: view, on: agent, now, &actions)
            }
        }
        if hasChanged { matchCoverage(of: agent, &actions) }
    }

    /// - Parameter state: the present one when nil.
    private func tellListeners(of topic: TopicID, _ state: StreamState?, _ actions: inout [BrokerAction]) {
        // What is replayed of a task that has ended depends on no agent.
        guard let view = views[topic], view.key.type.info.category != .task || isTaskRunning(view) else { return }
        let state = state ?? self.state(of: view)
        for (subscription, connection) in view.listeners.sorted(by: { $0.key < $1.key }) {
            actions.append(.status(connection, subscription, state))
        }
    }
}

extension View {
    /// Whether its events are those of `key`, or made of them.
    fileprivate func feeds(on key: StreamKey) -> Bool {
        self.key.type.source == key.type && self.key.resource == key.resource
    }
}
