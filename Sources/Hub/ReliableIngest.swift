import AgentLink
import Model
import Pipeline
import Storage
import Wire

// What an agent sends beside its own listeners goes to the pipeline as well: samples as long as there is room, lines and
// events until they are stored.

extension Hub {
    /// A sample that the processors look at. One that finds no room is counted and skipped: the next will do.
    @discardableResult
    func processSample(of flow: StreamFlow, from agent: Agent, frame: UnsafeRawBufferPointer, _ now: Now) -> Bool {
        guard pipeline.hasRoom(for: frame.count) else {
            counters.samplesNotProcessed += 1
            return false
        }
        pipeline.submit(
            PipelineFrame(
                agent: agent.id, kind: flow.key.type == .metrics ? .metrics : .health, connection: agent.connections,
                now: now), frame)
        return true
    }

    /// Items of a reliable stream. They are acknowledged when they are stored.
    func processItems(
        _ data: WireStreamData, count: Int, of flow: StreamFlow, from agent: Agent, frame: UnsafeRawBufferPointer,
        _ now: Now
    ) {
        let type = flow.key.type
        let numbers = StreamLedger.Frame(
            origin: wireValue(data.has_origin, data.origin) ?? 0, last: wireValue(data.has_seq, data.seq) ?? 0,
            count: count, gap: data.gap.flatMap { Self.range($0.pointee) })
        switch agent.ledgers[type, default: StreamLedger()].take(numbers, hasRoom: canKeep(frame.count)) {
        case .malformed:
            agent.connection?.goodbye(.protocolError("items of \(type.rawValue) with numbers that none can have"))
        case .duplicate(let stored):
            counters.duplicateItems += UInt64(count)
            if let stored, let ref = flow.ref { agent.acknowledge(stream: ref, upTo: stored) }
        case .refuse(let from):
            counters.itemsRefused += UInt64(count)
            // With nowhere to put it there is no sense in asking now: `askAgain` does when there is.
            if from != nil { agent.askedAgainAt = now.monotonic }
        case .take(let known, let lost):
            counters.duplicateItems += UInt64(known)
            if let lost { counters.itemsLost &+= UInt64(lost.count) }
            self.count(count - known, of: flow, now)
            pipeline.submit(
                PipelineFrame(
                    agent: agent.id, kind: .items(type, numbers, known: known, lost: lost),
                    connection: agent.connections, now: now), frame)
        }
    }

    private static func range(_ gap: WireSeqRange) -> ClosedRange<UInt64>? {
        let from = wireValue(gap.has_from_seq, gap.from_seq) ?? 0
        let to = wireValue(gap.has_to_seq, gap.to_seq) ?? 0
        return from <= to ? from...to : nil
    }

    /// Whether items would be stored: with a disk that takes nothing they stay with their agent.
    private func canKeep(_ bytes: Int) -> Bool { pipeline.hasRoom(for: bytes) && store.logs.health == .healthy }

    // MARK: - What became of them

    /// They are safe: their agent may forget them.
    func stored(_ position: StreamPosition) {
        guard let agent = agents[position.agent],
            agent.ledgers[position.type]?.noteStored(position.seq, origin: position.origin) == true,
            let ref = flows[StreamKey(type: position.type, agent: agent.id)]?.ref
        else { return }
        agent.acknowledge(stream: ref, upTo: position.seq)
    }

    /// They are not: their agent will be asked for them again.
    func notStored(_ position: StreamPosition) {
        guard let ledger = agents[position.agent]?.ledgers[position.type], ledger.origin == position.origin else {
            return
        }
        agents[position.agent]?.ledgers[position.type]?.noteFailed(origin: position.origin)
        pipeline.rewind(
            StreamPosition(agent: position.agent, type: position.type, origin: ledger.origin, seq: ledger.stored))
    }

    /// Once a second: agents are asked for what could not be kept, when there is room for it.
    func askAgain() {
        guard canKeep(1) else { return }
        let now = self.now.monotonic
        for agent in agents.values where agent.isConnected {
            for (type, ledger) in agent.ledgers {
                guard let from = ledger.resend, agent.askedAgainAt.map({ now >= $0 + 1_000 }) ?? true,
                    let ref = flows[StreamKey(type: type, agent: agent.id)]?.ref
                else { continue }
                agent.askedAgainAt = now
                agent.askToResend(stream: ref, from: from)
            }
        }
    }
}
