import Broker
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
                }
            }
        guard let refusal else { return counters.streamsOpened += 1 }
        counters.streamsRefused += 1
        exchange.answer(refusal)
    }

    /// - Returns: nil when the stream has been opened.
    private func open(
        _ id: SubscriptionID, cursor: String?, on port: Int, _ exchange: any StreamExchange
    ) -> StreamAnswer? {
        let connection = nextConnection()
        connections[connection] = Connection(port: port, subscription: id)
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

    private func open(
        _ id: SessionID, cursor: String?, on port: Int, _ exchange: any StreamExchange
    ) -> StreamAnswer? {
        let connection = nextConnection()
        connections[connection] = Connection(port: port, subscription: nil)
        ports[port].hold(exchange, for: connection)
        opening = StreamStart(connection: connection, cursor: cursor)
        defer { opening = nil }
        do throws(BrokerError) {
            let position = EventID.event(.init(epoch: store.epoch, number: eventNumber, index: 0))
            try change { (broker, now, actions) throws(BrokerError) in
                try broker.connect(id, connection, now, into: &actions)
                // It is a stream from here on; what the broker wants done with it comes after.
                ports[port].start(connection, ControlEvent.opening(retry: jitteredRetry(), id: position))
            }
            return nil
        } catch {
            connections[connection] = nil
            ports[port].release(connection)
            return .refused(ServiceError(error))
        }
    }

    /// Whether a client that comes back to a task's stream that has ended has not seen all of it: it brings a cursor
    /// that is before the end.
    private func missedEnd(of id: SubscriptionID, _ cursor: String?) -> Bool {
        guard let cursor, case .line(let seq)? = EventID(cursor), let end = endedTasks[id] else { return false }
        return seq < end
    }

    // MARK: - Attaching

    func attach(_ attachment: Attachment) {
        let id = attachment.connection
        guard let connection = connections[id], var view = views[attachment.view.topic] else { return }
        let isFirst = view.readers[connection.port] == 0
        if attachment.joinsTopic {
            connections[id]?.topics.insert(view.topic)
            view.readers[connection.port] += 1
            views[view.topic] = view
        }
        open(view.topic, for: attachment.config, isFirst ? connection.port : nil)
        if view.isTaskOutput {
            attachTask(attachment, view, connection)
        } else {
            attachLive(attachment, view, connection)
        }
    }

    /// The file first, from the client's cursor; then the live log.
    private func attachTask(_ attachment: Attachment, _ view: View, _ connection: Connection) {
        let task = TaskID(view.key.resource)
        guard case .one(let agent) = view.key.agent else { return }
        let running = tasks[task]
        running?.topic = view.topic
        var after: UInt64?
        var opening: [UInt8] = []
        if connection.subscription != nil {
            let cursor = self.opening?.cursor.flatMap { EventID($0) }
            if case .line(let seq)? = cursor, seq <= RunningTask.lineNumbers.upperBound { after = seq }
            opening = ControlEvent.opening(retry: jitteredRetry(), id: .line(after ?? 0))
            if self.opening?.cursor != nil, after == nil {
                opening += ControlEvent.gap(missed: nil, attachment.subscription)
            }
        }
        // An end that has been announced is on its way to the file: nothing live comes after it.
        let end = running?.end
        let liveAfter = end?.seq ?? running?.received ?? store.outputReader.stored(task).lastSeq
        var replay = TaskReplay(
            task: task, agent: agent, topic: view.topic.number, subscription: attachment.subscription,
            prefix: view.prefix, after: after, liveAfter: liveAfter,
            endsConnection: connection.subscription != nil, opening: opening)
        replay.end = end
        ports[connection.port].replay(replay, to: attachment.connection)
    }

    /// Makes the log on a client loop that has its first reader now; where this reader wants more kept than the others
    /// did, all of the view's logs become longer. Task output is kept on disk, and its log as long as it may be.
    private func open(_ topic: TopicID, for config: StreamConfig, _ newPort: Int?) {
        guard let view = views[topic] else { return }
        let depth = view.isTaskOutput ? StreamConfig.bufferSizeRange.upperBound : max(view.depth, config.bufferSize)
        views[topic]!.depth = depth
        for (index, port) in ports.enumerated()
        where index == newPort || (depth > view.depth && view.readers[index] > 0) {
            port.openTopic(topic.number, maxBytes: settings.maxClientBytes, maxEvents: depth)
        }
    }

    private func attachLive(_ attachment: Attachment, _ view: View, _ connection: Connection) {
        let port = ports[connection.port]
        let resume = Resumption(
            cursor: opening?.connection == attachment.connection ? opening?.cursor : nil, view: view, epoch: store.epoch
        )
        if connection.subscription != nil {
            port.start(
                attachment.connection,
                ControlEvent.opening(retry: jitteredRetry(), id: view.position(epoch: store.epoch)))
        }
        switch resume {
        case .missed(let count):
            port.write(ControlEvent.gap(missed: count, attachment.subscription), to: attachment.connection)
        case .fresh, .exact: break
        }
        let snapshots = attachment.config.snapshot && resume != .exact ? snapshots(of: view) : []
        // Of a view of every agent the newest event is one agent's: it cannot stand for those of the others.
        let reading = TopicReading(
            topic: view.topic.number, subscription: attachment.subscription, after: view.lastNumber,
            conflates: view.key.type.info.category == .periodic && view.key.agent != .every,
            maxEvents: attachment.config.bufferSize, maxBytes: settings.maxClientBytes)
        if !snapshots.isEmpty {
            port.feed(snapshots, to: attachment.connection, then: attachment.joinsTopic ? reading : nil)
        } else if attachment.joinsTopic {
            port.attach(attachment.connection, reading)
        }
    }

    /// The last known values, rendered for one client alone: an event for each agent.
    private func snapshots(of view: View) -> [[UInt8]] {
        guard view.key.type == .metrics else { return [] }
        return snapshotAgents(of: view).compactMap { agent in
            agent.record.lastMetrics.flatMap { snapshot($0, view, agent.id) }
        }
    }

    private func snapshotAgents(of view: View) -> [Agent] {
        switch view.key.agent {
        case .one(let id): agents[id].map { [$0] } ?? []
        case .every:
            agents.values.filter { view.key.scope.allows($0.id, labels: $0.record.labels) }.sorted { $0.id < $1.id }
        }
    }

    private func snapshot(_ blob: TimedBlob, _ view: View, _ agent: AgentID) -> [UInt8]? {
        StoredMetrics.withMetrics(blob, arena: scratch.arena) { metrics in
            scratch.event.removeAll()
            EventWriter.write(
                to: scratch.event, id: nil, prefix: view.prefix, agent: agent, at: blob.time,
                metadata: "{\"snapshot\":true}"
            ) { $0.appendJSON(metrics, filter: view.filter) }
            return scratch.event.bytes
        }
    }

    // MARK: - Leaving

    func detach(_ detachment: Detachment) {
        guard let connection = connections[detachment.connection] else { return }
        let port = ports[connection.port]
        port.write(ControlEvent.end(detachment.reason, detachment.subscription), to: detachment.connection)
        guard detachment.leavesTopic else { return }
        connections[detachment.connection]?.topics.remove(detachment.topic)
        port.detach(detachment.connection, from: detachment.topic.number)
        leave(detachment.topic, connection.port)
    }

    /// The broker has ended the connection: it is told why, and closed.
    func end(_ id: ConnectionID, _ reason: EndReason) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        ports[connection.port].finish(id, ControlEvent.end(reason, connection.subscription))
        for topic in connection.topics { leave(topic, connection.port) }
    }

    /// A connection has gone, whoever closed it.
    func gone(_ id: ConnectionID, _ counts: DeliveryCounts, completed: UInt64?) {
        let connection = connections.removeValue(forKey: id)
        if let subscription = connection?.subscription {
            deliveries[subscription, default: DeliveryCounts()].add(counts)
            if let completed { endedTasks[subscription] = completed }
        }
        for topic in connection?.topics ?? [] { leave(topic, connection!.port) }
        change { broker, now, actions in
            if completed != nil, let subscription = connection?.subscription {
                broker.complete(subscription, now, into: &actions)
            }
            broker.disconnected(id, now, into: &actions)
        }
    }

    private func leave(_ topic: TopicID, _ port: Int) {
        guard views[topic] != nil else { return ports[port].closeTopic(topic.number) }
        views[topic]!.readers[port] -= 1
        if views[topic]!.readers[port] == 0 { ports[port].closeTopic(topic.number) }
    }

    func tell(_ id: ConnectionID, _ subscription: SubscriptionID, _ state: StreamState, _ now: Now) {
        guard let connection = connections[id] else { return }
        ports[connection.port].write(ControlEvent.status(state, subscription, at: now.wall), to: id)
    }

    func jitteredRetry() -> Milliseconds { Int.random(in: settings.retryRange) }
}

/// What a client's cursor means for a stream that is not kept.
enum Resumption: Equatable {
    /// No cursor: a new subscriber.
    case fresh
    /// Nothing lies between the cursor and now.
    case exact
    /// So many events do; nil when nobody can say.
    case missed(UInt64?)

    init(cursor: String?, view: View, epoch: UInt64) {
        guard let cursor else {
            self = .fresh
            return
        }
        guard case .event(let at)? = EventID(cursor), at.epoch == epoch, at.index <= view.index else {
            self = .missed(nil)
            return
        }
        self = at.index == view.index ? .exact : .missed(view.index - at.index)
    }
}

/// The open that is being carried out: the broker's `attach` comes back for its connection.
struct StreamStart {
    var connection: ConnectionID
    /// What the client brought as `Last-Event-ID`.
    var cursor: String?
}
