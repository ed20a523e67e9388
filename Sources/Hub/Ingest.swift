import AgentLink
import Broker
import Model
import Storage
import Wire

// One event, from the agent's frame to the loops of those who read it:
//
//     frame ── decode (AgentLink) ──> agentSent ──> route ──> number ──> render once per view ──> client loops
//
// All of it runs on the core loop, inside the read callback of the agent's socket.

extension Hub {
    /// An agent's message, decoded. It and what it points to are valid during the call.
    func receive(_ message: WireAgentBody, from agent: Agent, frame: UnsafeRawBufferPointer) {
        switch message {
        case .streamData(let data): ingest(data, from: agent, frame: frame)
        case .taskResponse(let response): ingest(response, from: agent, frame: frame)
        case .streamStates(let states): receive(states.pointee, from: agent)
        case .systemInfo(let info): receive(info.pointee, from: agent, frame: frame)
        case .hello, .heartbeat, .goodbye, .unknown: break  // AgentLink has handled these
        }
    }

    // MARK: - Streams

    private func ingest(_ data: UnsafeMutablePointer<WireStreamData>, from agent: Agent, frame: UnsafeRawBufferPointer)
    {
        let ref = wireValue(data.pointee.has_stream_ref, data.pointee.stream_ref) ?? 0
        guard let key = broker.streamKey(agent: agent.id, ref: ref) else {
            counters.staleSamples += 1
            return
        }
        let now = self.now
        counters.eventsIn += 1
        streamCounters[key]?.eventsIn += 1
        streamCounters[key]?.rate.count(1, at: now.monotonic)
        agent.record.lastSeen = now.wall
        let sampledAt = wireValue(data.pointee.has_at_unix_ns, data.pointee.at_unix_ns) ?? 0
        switch data.pointee.payload {
        case .metrics(let metrics):
            publish(metrics, of: key, sampledAt: sampledAt, now)
            agent.record.lastMetrics = StoredMetrics.merge(
                data, frame: frame, over: agent.record.lastMetrics, at: now.wall, arena: scratch.arena)
            agent.needsSave = true
        case .healthCheck(let check):
            agent.health = HealthSummary(check.pointee)
        case .logs, .containerLogs, .systemEvents, .unknown:
            break  // nothing here asks for them yet
        }
    }

    /// Numbers a sample for each view that is due, and renders it where somebody reads.
    private func publish(_ metrics: UnsafeMutablePointer<WireMetrics>, of key: StreamKey, sampledAt: UInt64, _ now: Now)
    {
        scratch.due.removeAll(keepingCapacity: true)
        broker.collectDueViews(key, sampledAt: sampledAt, into: &scratch.due)
        for due in scratch.due {
            guard let id = number(due.topic) else { continue }
            guard let view = views[due.topic], due.isWatched || view.history != nil else { continue }
            render(view, id, key.agent, now) { $0.appendJSON(metrics, filter: view.filter) }
            streamCounters[key]?.eventsOut += 1
        }
    }

    /// Numbers the next event of a view: no two events have the same number, whatever sample they show.
    private func number(_ topic: TopicID) -> EventID? {
        guard views[topic] != nil else { return nil }
        eventNumber += 1
        views[topic]!.count(eventNumber)
        return views[topic]!.position(epoch: store.epoch)
    }

    /// Renders one event and hands it to every loop that has readers.
    private func render(_ view: View, _ id: EventID, _ agent: AgentID, _ now: Now, _ data: (WireBuffer) -> Void) {
        scratch.event.removeAll()
        EventWriter.write(
            to: scratch.event, id: id, prefix: view.prefix, agent: agent, at: now.wall, metadata: "{}", data)
        counters.eventsRendered += 1
        publish(view, number: view.lastNumber)
    }

    /// Hands the event in the scratch buffer to every loop that has readers of the view, and keeps it for those who come
    /// back if its type is kept.
    func publish(_ view: View, number: UInt64) {
        scratch.event.withBytes { bytes in
            view.history?.append(number, bytes, maxEvents: view.depth, maxBytes: settings.maxClientBytes)
            for (index, port) in ports.enumerated() where view.readers[index] > 0 {
                port.publish(topic: view.topic.number, number: number, bytes)
                counters.eventsPublished += 1
            }
        }
    }

    // MARK: - Task output

    private func ingest(
        _ response: UnsafeMutablePointer<WireTaskResponse>, from agent: Agent, frame: UnsafeRawBufferPointer
    ) {
        guard let id = wireString(response.pointee.task_id), let task = tasks[TaskID(id)], task.agent == agent.id
        else { return }
        guard Self.hasPlausibleNumbers(response.pointee) else {
            agent.connection?.goodbye(.protocolError("task output with numbers that no line can have"))
            return
        }
        let most = OutputBatch.maximumByteCount(lines: response.pointee.n_lines, textBytes: frame.count)
        guard store.output.hasRoom(for: most) else { return sendAway(agent) }
        let now = self.now
        let view = task.topic.flatMap { views[$0] }
        var batch = OutputBatch()
        if let gap = response.pointee.gap, task.pendingFinal == nil {
            let to = wireValue(gap.pointee.has_to_seq, gap.pointee.to_seq) ?? 0
            // Of a gap that is reported again, a part may be known.
            if to > task.received { lose(task.received + 1...to, of: task, &batch, now) }
        }
        for line in WireList(response.pointee.n_lines, response.pointee.lines) {
            ingest(line.pointee, of: task, view, &batch, now)
        }
        noteStart(
            of: task,
            startedAt: wireValue(
                response.pointee.has_started_at_unix_ns, response.pointee.started_at_unix_ns), now)
        if wireFlag(response.pointee.has_is_final, response.pointee.is_final), task.pendingFinal == nil {
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
    }

    private func ingest(
        _ line: WireOutputLine, of task: RunningTask, _ view: View?, _ batch: inout OutputBatch, _ now: Now
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
        batch.appendLine(
            seq: seq, stream: stream, isTruncated: isTruncated, time: time ?? now.wall, text: line.line.rawBytes)
        guard let view, view.readers.contains(where: { $0 > 0 }) else { return }
        scratch.event.removeAll()
        TaskEvent.write(
            .init(seq: seq, stream: stream, isTruncated: isTruncated, time: time ?? now.wall, text: line.line.rawBytes),
            of: task.id, agent: task.agent, prefix: view.prefix, to: scratch.event)
        publish(view, number: seq)
    }

    /// Lines that will never come: listeners and the file get a gap in their place.
    private func lose(
        _ missing: ClosedRange<UInt64>, of task: RunningTask, _ batch: inout OutputBatch, _ now: Now
    ) {
        task.note(seq: missing.upperBound, bytes: 0)
        batch.appendGap(missing, time: now.wall)
        guard let topic = task.topic else { return }
        for (id, port) in listeners(to: topic) { port.loseLines(missing, of: topic.number, for: id) }
    }
}

extension View {
    func position(epoch: UInt64) -> EventID {
        .event(.init(epoch: epoch, number: lastNumber, index: index))
    }
}
