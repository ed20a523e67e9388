import Broker
import Fanout
import Model
import Storage
import Wire

/// Connections meet the views that they read.
extension Hub {
    func attach(_ attachment: Attachment) {
        let id = attachment.connection
        guard let connection = connections[id], let view = views[attachment.view.topic] else { return }
        if attachment.joinsTopic {
            read(view.topic, id, connection, attachment.config)
        } else {
            keep(attachment.config.bufferSize, of: view.topic)
        }
        if view.isTaskOutput {
            attachTask(attachment, view, connection)
        } else {
            attachLive(attachment, view, connection)
        }
        if connection.session != nil, !view.isTaskOutput, joinedAt[attachment.subscription] == nil {
            joinedAt[attachment.subscription] = eventNumber
            views[view.topic]?.rememberNumbers()
        }
    }

    /// A session's connection gets the events of a view that something else has brought it until now.
    func join(_ joining: Joining) {
        guard let connection = connections[joining.connection], let view = views[joining.topic] else { return }
        read(view.topic, joining.connection, connection, joining.config)
        let reading = reading(view, joining.subscription, joining.config, after: view.lastNumber, connection)
        if view.hasOwnPosition {
            // An id alone, which the fan-out composes: what has come by the other view is not to come again.
            ports[connection.port].write(
                Array("id: \n\n".utf8), to: joining.connection,
                as: OwnEvent(topic: 0, label: PositionLabel(view.key), seq: view.lastNumber))
        }
        ports[connection.port].attach(joining.connection, reading)
    }

    private func read(_ topic: TopicID, _ id: ConnectionID, _ connection: Connection, _ config: StreamConfig) {
        guard let view = views[topic] else { return }
        let port = connection.port
        connections[id]?.topics.insert(topic)
        if view.isTaskOutput, view.readers[port] == 0 { views[topic]!.logAfter[port] = lastNumber(of: view) }
        if view.key.isNumberedByAgent { listeners[topic, default: []].insert(id) }
        views[topic]!.readers[port] += 1
        // Task output is kept on disk, and its log as long as it may be.
        keep(view.isTaskOutput ? StreamConfig.bufferSizeRange.upperBound : config.bufferSize, of: topic)
        guard view.readers[port] == 0 else { return }
        ports[port].openTopic(
            topic.number, maxBytes: settings.maxClientBytes, maxEvents: views[topic]!.depth, history: view.history)
    }

    /// Where a reader wants more kept than the others did, all of the view's logs become longer.
    private func keep(_ wanted: Int, of topic: TopicID) {
        guard let view = views[topic] else { return }
        let depth = view.conflatesByAgent ? max(wanted, depthForEveryAgent) : wanted
        guard depth > view.depth else { return }
        views[topic]!.depth = depth
        for (index, port) in ports.enumerated() where view.readers[index] > 0 {
            port.openTopic(topic.number, maxBytes: settings.maxClientBytes, maxEvents: depth, history: nil)
        }
    }

    /// The agents are more: the logs that conflate their events agent by agent hold some of each.
    func keepForEveryAgent() {
        for view in views.values where view.conflatesByAgent { keep(1, of: view.topic) }
    }

    /// Two events of each agent: who comes to its turn while the log goes once round the agents misses none. In steps, so
    /// that a fleet that arrives does not change the logs with each agent.
    var depthForEveryAgent: Int {
        let events = 1 << (Int.bitWidth - max(2 * agents.count - 1, 1).leadingZeroBitCount)
        return min(events, StreamConfig.bufferSizeRange.upperBound)
    }

    // MARK: - Task output

    /// The file first, from the client's cursor; then the live log.
    private func attachTask(_ attachment: Attachment, _ view: View, _ connection: Connection) {
        guard attachment.joinsTopic, case .one(let agent) = view.key.agent else { return }
        guard let task = task(of: view.key) else { return refuse(attachment, connection) }
        let deployment = view.detail.flatMap { _ in deployments[DeploymentID(view.key.resource)] }
        let running = tasks[task]
        if let deployment { deployment.open(view.topic, among: views) } else { running?.open(view.topic, among: views) }
        var after: UInt64?
        var opening: [UInt8] = []
        let label = connection.session == nil ? PositionLabel.common : PositionLabel(view.key)
        if connection.session == nil {
            let cursor = self.opening?.cursor.flatMap { EventID($0) }
            if case .line(let seq)? = cursor, seq <= RunningTask.lineNumbers.upperBound { after = seq }
            opening = ControlEvent.opening(retry: jitteredRetry(), id: .line(after ?? 0))
            if self.opening?.cursor != nil, after == nil {
                opening += ControlEvent.gap(missed: nil, attachment.subscription, format: view.prefix.format)
            }
        } else if let seq = self.opening?.marks[label], seq <= RunningTask.lineNumbers.upperBound {
            after = seq
        } else {
            ports[connection.port].unmark(attachment.connection, label)  // of a subscription that was there before
        }
        if after == nil, let deployment, deployment.progress.seq == 0, !deployment.hasEnded {
            let status = presentStatus(of: deployment, view)
            if connection.session == nil {
                opening += status
            } else {
                ports[connection.port].write(status, to: attachment.connection)
            }
        }
        var replay = TaskReplay(
            task: task, agent: agent, topic: view.topic.number, subscription: attachment.subscription,
            prefix: view.prefix, after: after,
            logAfter: max(views[view.topic]?.logAfter[connection.port] ?? 0, running?.lost ?? 0),
            liveAfter: lastNumber(of: view),
            label: connection.session == nil ? nil : label, opening: opening,
            deployment: deployment.flatMap { DeploymentReplay(of: $0, view) })
        // An end that has been announced is on its way to the file: nothing live comes after it.
        replay.end = running?.end.map { TaskEnd(seq: replay.lastNumber($0.seq), exitCode: $0.exitCode) }
        ports[connection.port].replay(replay, to: attachment.connection)
    }

    /// What the stream is about is not known any more: it has left the retention.
    private func refuse(_ attachment: Attachment, _ connection: Connection) {
        let end = ControlEvent.end(.expired, attachment.subscription, format: attachment.config.format)
        guard connection.session == nil else { return ports[connection.port].write(end, to: attachment.connection) }
        ports[connection.port].start(
            attachment.connection, ControlEvent.opening(retry: jitteredRetry(), id: .line(0)))
        ports[connection.port].finish(attachment.connection, end)
    }

    /// Where a deployment stands that has printed nothing yet.
    private func presentStatus(of deployment: Deployment, _ view: View) -> [UInt8] {
        var event = DeploymentEvent(of: deployment.id, on: deployment.record.agent)
        scratch.event.removeAll()
        event.write(
            deployment.current.status, id: nil, at: deployment.record.updatedAt, rawOutput: nil, isSnapshot: true,
            prefix: view.prefix, to: scratch.event)
        return scratch.event.bytes
    }

    /// Of a task's view: number of the last line, or event, that has come.
    private func lastNumber(of view: View) -> UInt64 {
        guard let task = task(of: view.key) else { return 0 }
        let isDeployment = view.detail != nil
        guard let running = tasks[task] else { return store.outputReader.stored(task).lastSeq }
        guard let end = running.end else { return running.received }
        return isDeployment ? OutputEnd.completionNumber(after: end.seq) : end.seq
    }

    func answerProgress(of topic: TopicID, to id: ConnectionID) {
        guard let connection = connections[id], let view = views[topic] else { return }
        ports[connection.port].reached(lastNumber(of: view), of: topic.number, for: id)
    }

    // MARK: - What is not on disk

    private func attachLive(_ attachment: Attachment, _ view: View, _ connection: Connection) {
        let id = attachment.connection
        let port = ports[connection.port]
        let resumption: Resumption
        if connection.session == nil {
            resumption = Resumption(cursor: opening?.cursor, view: view, epoch: store.epoch)
            port.start(id, openingBytes(resumption, view, attachment))
        } else {
            resumption = opening?.resumptions[attachment.subscription] ?? .fresh(view)
        }
        if view.key.type == .processedLogs, resumption.isNew, let since = attachment.config.since {
            return askForHistory(since: since, attachment, view, connection)
        }
        let snapshots = attachment.config.snapshot && resumption.isNew ? snapshots(of: view) : []
        let reading =
            attachment.joinsTopic
            ? reading(view, attachment.subscription, attachment.config, after: resumption.after, connection) : nil
        if !snapshots.isEmpty {
            port.feed(snapshots, to: id, then: reading)
        } else if let reading {
            port.attach(id, reading)
        }
    }

    /// Where the client stood, and what it has missed since: the gap moves its position.
    private func openingBytes(_ resumption: Resumption, _ view: View, _ attachment: Attachment) -> [UInt8] {
        let subscription = attachment.subscription
        let retry = jitteredRetry()
        let position = view.position(of: resumption, epoch: store.epoch)
        // Whoever leaves before he has had all of the history begins anew.
        if resumption.isNew, attachment.config.since != nil, view.key.type == .processedLogs {
            return ControlEvent.opening(retry: retry, id: .event(.nowhere))
                + (resumption.loss == .none
                    ? [] : ControlEvent.gap(missed: resumption.loss.missed, subscription, id: .event(.nowhere)))
        }
        guard resumption.loss != .none else { return ControlEvent.opening(retry: retry, id: position) }
        var stood = EventID.event(.nowhere)
        if case .event(let at)? = opening?.cursor.flatMap({ EventID($0) }), at.epoch == store.epoch {
            stood = .event(at)
        }
        return ControlEvent.opening(retry: retry, id: stood)
            + ControlEvent.gap(
                missed: resumption.loss.missed, subscription, id: position, format: view.prefix.format)
    }

    func reading(
        _ view: View, _ subscription: SubscriptionID, _ config: StreamConfig, after: UInt64, _ connection: Connection
    ) -> TopicReading {
        TopicReading(
            topic: view.topic.number, subscription: subscription, after: after,
            conflates: view.conflates, maxEvents: config.bufferSize, maxBytes: settings.maxClientBytes,
            label: view.hasOwnPosition && connection.session != nil ? PositionLabel(view.key) : .common)
    }

    /// The last known values, rendered for one client alone: an event for each agent.
    private func snapshots(of view: View) -> [[UInt8]] {
        let agents = snapshotAgents(of: view).filter { isDue($0.id, view) }
        guard view.key.type == .metrics else { return processedSnapshots(of: view, agents) }
        return agents.compactMap { agent in agent.record.lastMetrics.flatMap { snapshot($0, view, agent.id) } }
    }

    /// Whether nothing else that is being opened shows the same.
    private func isDue(_ agent: AgentID, _ view: View) -> Bool {
        let snapshot = StreamStart.Snapshot(agent: agent, resource: view.key.resource, view: view.key.name)
        return opening?.snapshots.insert(snapshot).inserted ?? true
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
}
