import Model

// In one session, a view of every agent brings the events that a view of one of them, otherwise the same, would bring
// again. Its connection then reads the view of every agent alone. Subscriptions are not affected: each listens to its
// view, and only what the connection is sent changes.
extension Broker {
    /// One more of the session's subscriptions listens to the topic.
    /// - Returns: whether the connection reads it from now on.
    mutating func read(_ topic: TopicID, in session: SessionID) -> Bool {
        clients[session]?.reading.listeners[topic, default: 0] += 1
        if views[topic]?.key.agent == .every { clients[session]?.reading.ofEvery.insert(topic) }
        guard let reading = clients[session]?.reading, !isCovered(topic, in: reading) else { return false }
        return clients[session]?.reading.joined.insert(topic).inserted == true
    }

    /// One of the session's subscriptions listens to the topic no more.
    /// - Returns: whether the connection does not read it from now on.
    mutating func unread(_ topic: TopicID, in session: SessionID) -> Bool {
        let listeners = (clients[session]?.reading.listeners[topic] ?? 1) - 1
        clients[session]?.reading.listeners[topic] = listeners > 0 ? listeners : nil
        guard listeners == 0 else { return false }
        clients[session]?.reading.ofEvery.remove(topic)
        return clients[session]?.reading.joined.remove(topic) != nil
    }

    private func isCovered(_ topic: TopicID, in reading: SessionReading) -> Bool {
        guard !reading.ofEvery.isEmpty, let view = views[topic], case .one(let agent) = view.key.agent else {
            return false
        }
        return reading.ofEvery.contains { views[$0]?.covers(view.key, agent) == true }
    }

    /// A view of every agent has come, gone or changed: the connection leaves what it covers, and joins what it does not
    /// cover any more.
    mutating func matchCoverage(of session: SessionID, _ actions: inout [BrokerAction]) {
        guard let open = clients[session], let connection = open.opening.connection else { return }
        for topic in open.reading.listeners.keys.sorted() {
            let isCovered = isCovered(topic, in: open.reading)
            guard isCovered == open.reading.joined.contains(topic) else { continue }
            if isCovered {
                clients[session]?.reading.joined.remove(topic)
                actions.append(.leave(connection, topic))
            } else if let first = firstListener(to: topic, in: open) {
                clients[session]?.reading.joined.insert(topic)
                actions.append(
                    .join(
                        Joining(
                            connection: connection, subscription: first.id, topic: topic,
                            config: first.config)))
            }
        }
    }

    private func firstListener(to topic: TopicID, in session: Session) -> Subscription? {
        session.subscriptions.lazy.compactMap { clients[$0] }
            .first { $0.topic == topic && $0.opening.connection != nil }
    }

    /// The agent has entered or left views of every agent.
    mutating func matchCoverage(of agent: AgentID, _ actions: inout [BrokerAction]) {
        let listeners = views.views(of: agent).flatMap { views[$0].map { Array($0.listeners.keys) } ?? [] }
        let sessions = Set(listeners.compactMap { clients[$0]?.session })
        for session in sessions.sorted() { matchCoverage(of: session, &actions) }
    }
}

extension View {
    /// Whether this is a view of every agent that shows the events of the other, which is one of that agent.
    fileprivate func covers(_ other: ViewKey, _ agent: AgentID) -> Bool {
        key.agent == .every && agents.contains(agent) && key.type == other.type && key.resource == other.resource
            && key.name == other.name
    }
}
