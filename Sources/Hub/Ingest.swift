import AgentLink
import Broker
import Model
import Pipeline
import Storage
import Wire

// One event, from the agent's frame to the loops of those who read it:
//
//     frame ── decode (AgentLink) ──> agentSent ──> route ──> number ──> render once per view ──> client loops
//
// All of it runs on the core loop, inside the read callback of the agent's socket.

extension Hub {
    /// An agent's message, decoded. It and what it points to are valid during the call.
    func receive(_ message: WireAgentBody, from agent: Agent, frame: UnsafeRawBufferPointer, _ now: Now) {
        switch message {
        case .streamData(let data): ingest(data, from: agent, frame: frame, now)
        case .taskResponse(let response): ingest(response, from: agent, frame: frame, now)
        case .streamStates(let states): receive(states.pointee, from: agent)
        case .systemInfo(let info): receive(info.pointee, from: agent, frame: frame)
        case .containers(let containers): receive(containers.pointee, from: agent)
        case .hello, .heartbeat, .goodbye, .unknown: break  // AgentLink has handled these
        }
    }

    // MARK: - Streams

    private func ingest(
        _ data: UnsafeMutablePointer<WireStreamData>, from agent: Agent, frame: UnsafeRawBufferPointer, _ now: Now
    ) {
        let ref = wireValue(data.pointee.has_stream_ref, data.pointee.stream_ref) ?? 0
        guard let flow = agent.flows[ref] ?? findFlow(of: agent, ref) else {
            counters.staleSamples += 1
            return
        }
        agent.record.lastSeen = now.wall
        switch (data.pointee.payload, flow.key.type) {
        case (.metrics(let metrics), .metrics):
            count(1, of: flow, now)
            let takenAt = wireValue(data.pointee.has_at_unix_ns, data.pointee.at_unix_ns) ?? 0
            publish(of: flow, agent.number, sampledAt: takenAt, now) { metrics }
            processSample(of: flow, from: agent, frame: frame, now)
            keep(
                StoredMetrics.merge(
                    data, frame: frame, over: agent.record.lastMetrics, at: now.wall, arena: scratch.arena), of: agent)
        case (.healthCheck(let check), .healthCheck):
            count(1, of: flow, now)
            agent.health = HealthSummary(check.pointee)
            processSample(of: flow, from: agent, frame: frame, now)
        case (.containerLogs(let batch), .containerLogs):
            let lines = WireList(batch.pointee.n_lines, batch.pointee.lines)
            guard LineNumbers.arePlausible(data.pointee.gap, lines) else {
                agent.connection?.goodbye(.protocolError("log lines with numbers that no line can have"))
                return
            }
            count(lines.count, of: flow, now)
            publish(lines, after: data.pointee.gap, of: flow, now)
        case (.logs(let batch), .logAggregation):
            processItems(data.pointee, count: batch.pointee.n_events, of: flow, from: agent, frame: frame, now)
        case (.systemEvents(let batch), .systemEvents):
            processItems(data.pointee, count: batch.pointee.n_events, of: flow, from: agent, frame: frame, now)
        default:
            counters.staleSamples += 1  // of a kind that this stream does not carry
        }
    }

    /// The stream behind a short name that the agent uses for the first time, if it is wanted.
    private func findFlow(of agent: Agent, _ ref: UInt32) -> StreamFlow? {
        guard let key = broker.streamKey(agent: agent.id, ref: ref), let flow = flows[key] else { return nil }
        flow.ref = ref
        agent.flows[ref] = flow
        return flow
    }

    func count(_ events: Int, of flow: StreamFlow, _ now: Now) {
        counters.eventsIn += UInt64(events)
        flow.eventsIn += UInt64(events)
        flow.rate.count(events, at: now.monotonic)
    }

    // MARK: - Metrics

    /// A sample of metrics. Here it is decoded only where somebody reads it: the processors do that on a loop of their own.
    /// - Returns: false if it has to be decoded for another reason.
    func receive(
        _ sample: WireSample, from agent: Agent, frame: UnsafeRawBufferPointer, _ now: Now
    ) -> Bool {
        guard let flow = agent.flows[sample.streamRef] ?? findFlow(of: agent, sample.streamRef),
            flow.key.type == .metrics, sample.hasAllParts
        else { return false }
        agent.record.lastSeen = now.wall
        count(1, of: flow, now)
        var decoded: UnsafeMutablePointer<WireMetrics>?
        publish(of: flow, agent.number, sampledAt: sample.takenAt, now) {
            decoded = decoded ?? decodeMetrics(frame, from: agent)
            return decoded
        }
        guard agent.connection?.isOpen == true else { return true }  // it was malformed
        let isProcessed = processSample(of: flow, from: agent, frame: frame, now)
        // What the processors do not look into is looked into here.
        guard isProcessed || decodeMetrics(frame, from: agent) != nil else { return true }
        agent.earlierMetrics = agent.record.lastMetrics
        keep(TimedBlob(time: now.wall, bytes: [UInt8](frame)), of: agent)
        return true
    }

    /// Valid until the next sample. Nil, and the agent's connection ends, if it is malformed.
    private func decodeMetrics(
        _ frame: UnsafeRawBufferPointer, from agent: Agent
    ) -> UnsafeMutablePointer<WireMetrics>? {
        scratch.arena.reset()
        do throws(WireError) {
            let message = try decodeAgentMessage(frame, arena: scratch.arena).pointee.message
            guard case .streamData(let data) = message, case .metrics(let metrics) = data.pointee.payload else {
                throw .malformed
            }
            return metrics
        } catch {
            agent.connection?.goodbye(.protocolError("\(error)"))
            return nil
        }
    }

    /// A sample that was passed on turned out to be malformed: it is not the agent's last, and ends its connection.
    func sentMalformedSample(_ id: AgentID, _ connection: UInt64) {
        guard let agent = agents[id] else { return }
        let isGood = { [scratch] (blob: TimedBlob) in
            StoredMetrics.withMetrics(blob, arena: scratch.arena) { _ in true } ?? false
        }
        agent.record.lastMetrics = [agent.record.lastMetrics, agent.earlierMetrics].compactMap { $0 }.first(
            where: isGood)
        agent.needsSave = true
        guard agent.connections == connection else { return }
        agent.connection?.goodbye(.protocolError(WireError.malformed.description))
    }

    private func keep(_ metrics: TimedBlob, of agent: Agent) {
        agent.record.lastMetrics = metrics
        agent.needsSave = true
    }

    /// Numbers a sample for each view that is due, and renders it where somebody reads.
    private func publish(
        of flow: StreamFlow, _ agent: UInt64, sampledAt: UInt64, _ now: Now,
        _ decode: () -> UnsafeMutablePointer<WireMetrics>?
    ) {
        forEachDueView(of: flow, sampledAt: sampledAt) { view, isWatched in
            let id = number(&view)
            guard isWatched || view.history != nil, let metrics = decode() else { return }
            scratch.event.removeAll()
            EventWriter.write(
                to: scratch.event, id: id, prefix: view.prefix, agent: flow.key.agent, at: now.wall, metadata: "{}"
            ) { $0.appendJSON(metrics, filter: view.filter) }
            publishRendered(view, key: view.conflatesByAgent ? agent : 0)
            flow.eventsOut += 1
        }
    }

    // MARK: - Logs of containers

    /// Each line is an event of each view of the stream. Where the agent had to drop lines, who reads hears of it exactly
    /// there.
    private func publish(
        _ lines: WireList<WireContainerLog>, after gap: UnsafeMutablePointer<WireSeqRange>?, of flow: StreamFlow,
        _ now: Now
    ) {
        let before = flow.lines
        counters.linesLost &+= flow.lines.take(gap, lines)
        forEachDueView(of: flow, sampledAt: 0) { view, isWatched in
            scratch.head.removeAll()
            EventWriter.writeHead(to: scratch.head, prefix: view.prefix, agent: flow.key.agent, at: now.wall)
            var numbers = before
            if let missing = numbers.skip(gap) { lose(missing, of: &view) }
            for line in lines {
                if let missing = numbers.take(line) { lose(missing, of: &view) }
                guard view.query?.matches(line.pointee.line.rawBytes) ?? true else { continue }
                number(&view)
                guard isWatched || view.history != nil else { continue }
                scratch.event.removeAll()
                scratch.event.appendContainerEvent(
                    epoch: store.epoch, number: view.lastNumber, index: view.index, head: scratch.head, line)
                publishRendered(view)
                flow.eventsOut += 1
            }
        }
    }

    /// Lines that will never come: they count as events that a reader missed, and who reads now gets a gap in their place.
    private func lose(_ missing: ClosedRange<UInt64>, of view: inout View) {
        let id = number(&view, events: UInt64(missing.count))
        tellReaders(of: view.topic, missing, number: view.lastNumber, id: id)
    }

    /// What has been published before comes before it, and what is published after comes after.
    /// - Parameters:
    ///   - number: of the gap among the events of the view.
    ///   - id: where a client of a single stream stands behind it.
    private func tellReaders(of topic: TopicID, _ missing: ClosedRange<UInt64>, number: UInt64, id: EventID) {
        for (connection, port) in listeners(to: topic) {
            port.loseLines(missing, of: topic.number, as: number, id, for: connection)
        }
    }

    // MARK: - Numbering, rendering, handing over

    /// Calls the body with each view that is due for what has come, once, however many events that is. The body numbers
    /// and publishes them; nothing in it may open, read or close views.
    private func forEachDueView(
        of flow: StreamFlow, sampledAt: UInt64, _ body: (_ view: inout View, _ isWatched: Bool) -> Void
    ) {
        scratch.due.removeAll(keepingCapacity: true)
        broker.collectDueViews(flow.key, sampledAt: sampledAt, into: &scratch.due)
        for due in scratch.due {
            guard let place = views.index(forKey: due.topic) else { continue }
            // In its place: a copy would retain and release all that it refers to, for every event.
            body(&views.values[place], due.isWatched)
        }
    }

    /// Numbers the next event of a view. Each has a number of its own, so that one cursor stands for every view that a
    /// connection reads.
    /// - Parameter events: how many it stands for; a gap stands for what is missing.
    @discardableResult
    func number(_ view: inout View, events: UInt64 = 1) -> EventID {
        eventNumber += 1
        view.count(eventNumber, events: events)
        return view.position(epoch: store.epoch)
    }

    /// - Parameter key: what a newer event has to share with it to replace it; 0: nothing does.
    func publishRendered(_ view: View, key: UInt64 = 0) {
        counters.eventsRendered += 1
        publish(view, number: view.lastNumber, key: key)
    }

    /// Hands the event in the scratch buffer to every loop that has readers of the view, and keeps it for those who come
    /// back if its type is kept.
    func publish(_ view: View, number: UInt64, key: UInt64 = 0) {
        scratch.event.withBytes { bytes in
            view.history?.append(number, bytes, maxEvents: view.depth, maxBytes: settings.maxClientBytes)
            for index in ports.indices where view.readers[index] > 0 {
                ports[index].publish(topic: view.topic.number, number: number, key: key, bytes)
                counters.eventsPublished += 1
            }
        }
    }

    // MARK: - Task output

    private func ingest(
        _ response: UnsafeMutablePointer<WireTaskResponse>, from agent: Agent, frame: UnsafeRawBufferPointer,
        _ now: Now
    ) {
        guard let id = wireString(response.pointee.task_id), let task = tasks[TaskID(id)], task.agent == agent.id
        else { return }
        guard Self.hasPlausibleNumbers(response.pointee) else {
            agent.connection?.goodbye(.protocolError("task output with numbers that no line can have"))
            return
        }
        let most = OutputBatch.maximumByteCount(lines: response.pointee.n_lines, textBytes: frame.count)
        guard store.output.hasRoom(for: most) else { return sendAway(agent) }
        let outputs = task.outputTopics.compactMap { views[$0] }
        var batch = OutputBatch()
        if let gap = response.pointee.gap, task.pendingFinal == nil {
            let to = wireValue(gap.pointee.has_to_seq, gap.pointee.to_seq) ?? 0
            // Of a gap that is reported again, a part may be known.
            if to > task.received { lose(task.received + 1...to, of: task, &batch, now) }
        }
        for line in WireList(response.pointee.n_lines, response.pointee.lines) {
            ingest(line.pointee, of: task, outputs, &batch, now)
        }
        noteStart(
            of: task,
            startedAt: wireValue(
                response.pointee.has_started_at_unix_ns, response.pointee.started_at_unix_ns), now)
        if wireFlag(response.pointee.has_is_final, response.pointee.is_final), task.pendingFinal == nil {
            // The end has a number too: lines that are missing before it will not come any more.
            let end = wireValue(response.pointee.has_final_seq, response.pointee.final_seq) ?? 0
            if end > task.received + 1 { lose(task.received + 1...end - 1, of: task, &batch, now) }
            finish(task, response.pointee, &batch, now)
        }
        store(batch, of: task)
    }

    /// The disk does not keep up, or does not work. Nothing of the message has been taken: the agent, which keeps what is
    /// not acknowledged, sends it again when it is back.
    private func sendAway(_ agent: Agent) {
        counters.agentsSentAway += 1
        agent.connection?.goodbye(
            .lost("more task output waits for the disk than may"), retryAfter: Int.random(in: 1_000...5_000))
    }

    /// Whether nothing in it is numbered beyond what a task can have.
    private static func hasPlausibleNumbers(_ response: WireTaskResponse) -> Bool {
        let limit = RunningTask.lineNumbers.upperBound
        if let gap = response.gap, wireValue(gap.pointee.has_to_seq, gap.pointee.to_seq) ?? 0 > limit { return false }
        return WireList(response.n_lines, response.lines)
            .allSatisfy { wireValue($0.pointee.has_seq, $0.pointee.seq) ?? 0 <= limit }
            && wireValue(response.has_final_seq, response.final_seq) ?? 0 <= limit
    }

    private func ingest(
        _ line: WireOutputLine, of task: RunningTask, _ views: [View], _ batch: inout OutputBatch, _ now: Now
    ) {
        let seq = wireValue(line.has_seq, line.seq) ?? 0
        guard seq > task.received, task.pendingFinal == nil else {
            counters.duplicateLines += 1  // sent again after a reconnect
            return
        }
        if seq > task.received + 1 { lose(task.received + 1...seq - 1, of: task, &batch, now) }
        let stream: OutputStream = line.stream == .stderr ? .stderr : .stdout
        let isTruncated = wireFlag(line.has_truncated, line.truncated)
        let time = wireValue(line.has_at_unix_ns, line.at_unix_ns).map {
            WallTime(millisecondsSince1970: Int64(clamping: $0 / 1_000_000))
        }
        task.note(seq: seq, bytes: line.line.len)
        counters.linesIn += 1
        let line = OutputLine(
            seq: seq, stream: stream, isTruncated: isTruncated, time: time ?? now.wall, text: line.line.rawBytes)
        batch.appendLine(line)
        if let deployment = task.deployment { report(line, to: deployment, now) }
        for view in views where view.isRead {
            scratch.event.removeAll()
            TaskEvent.write(line, of: task.id, agent: task.agent, prefix: view.prefix, to: scratch.event)
            publish(view, number: seq)
        }
    }

    /// Lines that will never come: listeners and the file get a gap in their place.
    private func lose(
        _ missing: ClosedRange<UInt64>, of task: RunningTask, _ batch: inout OutputBatch, _ now: Now
    ) {
        task.noteLoss(of: missing)
        batch.appendGap(missing, time: now.wall)
        task.deployment?.skip(missing)
        for topic in task.topics {
            tellReaders(of: topic, missing, number: missing.upperBound, id: .line(missing.upperBound))
        }
    }
}

extension View {
    func position(epoch: UInt64) -> EventID {
        .event(.init(epoch: epoch, number: lastNumber, index: index))
    }
}
