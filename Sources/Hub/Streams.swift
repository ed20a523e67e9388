import Broker
import Fanout
import Model
import Reactor
package import Service
import Storage
import Wire

/// Opening, feeding and ending the connections of clients.
extension Hub {
    /// A client asks for a stream. Any thread; the answer goes to the exchange, on its own loop.
    /// - Parameter port: index of the loop that holds the exchange.
    package nonisolated func open(
        _ target: StreamTarget, lastEventID: String?, on port: Int, _ exchange: any StreamExchange
    ) {
        let accepted = loop.execute {
            self.assumeIsolated { $0.opened(target, lastEventID: lastEventID, on: port, exchange) }
        }
        if !accepted { exchange.answer(.later("the gateway is going down")) }
    }

    private func opened(
        _ target: StreamTarget, lastEventID: String?, on port: Int, _ exchange: any StreamExchange
    ) {
        let refusal: StreamAnswer? =
            if shared.isDraining {
                .later("the gateway is going down")
            } else {
                switch target {
                case .subscription(let id): open(id, cursor: lastEventID, on: port, exchange)
                case .session(let id): open(id, cursor: lastEventID, on: port, exchange)
                case .ownSubscription(let request, let principal):
                    open(request, for: principal, cursor: lastEventID, on: port, exchange)
                case .selfTest: openSelfTest(cursor: lastEventID, on: port, exchange)
                }
            }
        guard let refusal else { return counters.streamsOpened += 1 }
        counters.streamsRefused += 1
        exchange.answer(refusal)
    }

    /// - Returns: nil when the stream has been opened.
    private func open(
        _ id: SubscriptionID, _ format: EventFormat = .current, cursor: String?, on port: Int,
        _ exchange: any StreamExchange
    ) -> StreamAnswer? {
        let connection = nextConnection()
        connections[connection] = Connection(port: port, target: .subscription(id), format: format)
        ports[port].hold(exchange, for: connection)
        opening = StreamStart(connection: connection, cursor: cursor)
        defer { opening = nil }
        do throws(BrokerError) {
            try change { (broker, now, actions) throws(BrokerError) in
                try broker.connect(
                    id, connection, missedEnd: missedEnd(of: id, cursor), now, into: &actions)
            }
            return nil
        } catch {
            connections[connection] = nil
            ports[port].release(connection)
            if case .ended = error { return .ended }
            return .refused(ServiceError(error))
        }
    }

    /// A stream that is asked for and opened in one: its subscription is made for the connection and goes with it.
    /// - Returns: nil when the stream has been opened.
    private func open(
        _ request: NewSubscription, for principal: Principal, cursor: String?, on port: Int,
        _ exchange: any StreamExchange
    ) -> StreamAnswer? {
        let wanted = SubscriptionRequest(
            id: SubscriptionID("sub_" + RandomText.make(bits: 130)), type: request.type, agent: request.agent,
            resource: request.resource, config: request.config, principal: principal)
        do throws(BrokerError) {
            try change { (broker, now, actions) throws(BrokerError) in
                _ = try broker.createSubscription(wanted, now, into: &actions)
            }
        } catch {
            switch error {
            case .subscriptionLimit, .overloaded: return .later(error.message)
            default: return .refused(ServiceError(error))
            }
        }
        return open(wanted.id, request.config.format, cursor: cursor, on: port, exchange)
    }

    /// Whether a client that comes back to a task's stream that has ended has not seen all of it: it brings a cursor
    /// that is before the end.
    private func missedEnd(of id: SubscriptionID, _ cursor: String?) -> Bool {
        guard let cursor, case .line(let seq)? = EventID(cursor), let end = endedTasks[id] else { return false }
        return seq < end.seq
    }

    // MARK: - Leaving

    func detach(_ detachment: Detachment) {
        let id = detachment.connection
        guard let connection = connections[id] else { return }
        if detachment.reason != .completed {  // that has been told
            ports[connection.port].write(ControlEvent.end(detachment.reason, detachment.subscription), to: id)
        }
        guard detachment.leavesTopic else { return }
        if let view = views[detachment.topic], view.hasOwnPosition, detachment.reason != .completed {
            ports[connection.port].unmark(id, PositionLabel(view.key))
        }
        leave(id, detachment.topic)
    }

    /// A session's connection does not read the topic any more; what was published before still goes out.
    func leave(_ id: ConnectionID, _ topic: TopicID) {
        guard let connection = connections[id] else { return }
        connections[id]?.topics.remove(topic)
        ports[connection.port].detach(id, from: topic.number)
        release(topic, id, connection.port)
    }

    /// The broker has ended the connection: it is told why, and closed.
    func end(_ id: ConnectionID, _ reason: EndReason) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        ports[connection.port].finish(id, ControlEvent.end(reason, connection.subscription, format: connection.format))
        connection.topics.forEach { release($0, id, connection.port) }
        if reason == .replaced { replaced[id] = connection.subscription }
    }

    /// A connection has gone, whoever closed it.
    func gone(_ id: ConnectionID, _ counts: DeliveryCounts, completed: UInt64?) {
        if selfTests.removeValue(forKey: id) != nil { return }
        let connection = connections.removeValue(forKey: id)
        if let subscription = connection?.subscription ?? replaced.removeValue(forKey: id) {
            deliveries[subscription, default: DeliveryCounts()].add(counts)
        }
        if let subscription = connection?.subscription, let completed {
            endedTasks[subscription] = EndedTask(seq: completed, session: nil, label: .common)
        }
        if let connection { connection.topics.forEach { release($0, id, connection.port) } }
        change { broker, now, actions in
            if completed != nil, let subscription = connection?.subscription {
                broker.complete(subscription, now, into: &actions)
            }
            broker.disconnected(id, now, into: &actions)
        }
    }

    private func release(_ topic: TopicID, _ id: ConnectionID, _ port: Int) {
        listeners[topic]?.remove(id)
        if listeners[topic]?.isEmpty == true { listeners[topic] = nil }
        guard views[topic] != nil else { return ports[port].closeTopic(topic.number) }
        views[topic]!.readers[port] -= 1
        if views[topic]!.readers[port] == 0 { ports[port].closeTopic(topic.number) }
    }

    /// The subscription is over and nobody can come back to it.
    func forget(_ id: SubscriptionID) {
        deliveries[id] = nil
        joinedAt[id] = nil
        for (connection, subscription) in replaced where subscription == id { replaced[connection] = nil }
        guard let ended = endedTasks.removeValue(forKey: id), let session = ended.session,
            let connection = broker.connection(of: session), let port = connections[connection]?.port,
            !broker.subscriptions(in: session).contains(where: { PositionLabel($0.view) == ended.label })
        else { return }
        ports[port].unmark(connection, ended.label)
    }

    /// A session's client has been given everything of a task, its end included.
    func ended(_ id: ConnectionID, _ topic: TopicID, _ end: TaskReadEnd) {
        guard let connection = connections[id], let view = views[topic] else { return }
        let label = PositionLabel(view.key)
        let over = change { $0.complete(topic, on: id, $1, into: &$2) }
        for subscription in over {
            endedTasks[subscription] = EndedTask(seq: end.seq, session: connection.session, label: label)
        }
        guard !end.isTold else { return }
        for subscription in over {
            // The last of these moves the position behind the end: whoever brings it back has been told.
            let isLast = subscription == over.last
            let bytes = ControlEvent.end(
                .completed, subscription, exitCode: end.exitCode, id: isLast ? .line(end.seq + 1) : nil)
            ports[connection.port].write(bytes, to: id, as: OwnEvent(topic: 0, label: label, seq: end.seq + 1))
        }
    }

    func tell(_ id: ConnectionID, _ subscription: SubscriptionID, _ state: StreamState, _ now: Now) {
        guard let connection = connections[id] else { return }
        ports[connection.port].write(
            ControlEvent.status(state, subscription, at: now.wall, format: connection.format), to: id)
    }

    func jitteredRetry() -> Milliseconds { Int.random(in: settings.retryRange) }
}

/// The open that is being carried out: the broker's `attach` comes back for its connection.
struct StreamStart {
    var connection: ConnectionID
    /// What the client of a single stream brought as `Last-Event-ID`.
    var cursor: String?
    /// What the subscriptions of a session go on with.
    var resumptions: [SubscriptionID: Resumption] = [:]
    /// How far the session's client had got with what has a position of its own.
    var marks: [PositionLabel: UInt64] = [:]
    /// The snapshots that the client gets: what several of its subscriptions show comes once.
    var snapshots: Set<Snapshot> = []

    struct Snapshot: Hashable {
        var agent: AgentID
        var resource: String
        /// Of the view, which has the type in it.
        var view: String
    }
}
