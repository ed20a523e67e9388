import AgentLink
import Broker
import Model
package import Pipeline
import Processing
import Reactor
import Service
import Wire

// What the pipeline has made comes back to be numbered and published, on the same way as what agents send.

extension Hub: PipelineDelegate {
    package nonisolated func pipelineMade(_ made: [PipelineResult]) {
        loop.execute { self.assumeIsolated { hub in made.forEach(hub.take) } }
    }

    private func take(_ result: PipelineResult) {
        switch result {
        case .event(let event): publish(event)
        case .alerts(let changes): note(changes)
        case .stored(let position): stored(position)
        case .notStored(let position): notStored(position)
        case .malformed(let agent, let connection): sentMalformedSample(agent, connection)
        case .marked(let mark): marked(mark)
        case .markStored(let mark, let last): readHistory(behind: mark, upTo: last)
        }
    }

    // MARK: - Events

    /// Each view that wants it gets it, in its own rendering.
    private func publish(_ event: ProcessedEvent) {
        let now = self.now
        scratch.due.removeAll(keepingCapacity: true)
        switch event.agent {
        case .one(let agent):
            let key = StreamKey(type: event.type, agent: agent, resource: event.resource)
            if let flow = flows[key] {
                flow.eventsIn += 1
                flow.rate.count(1, at: now.monotonic)
                if event.type == .processedMetrics { flow.lastProcessed = event }
            }
            let time = UInt64(clamping: event.time.millisecondsSince1970).multipliedReportingOverflow(by: 1_000_000)
            broker.collectDueViews(key, sampledAt: time.partialValue, into: &scratch.due)
        case .every: broker.collectFleetViews(event.type, into: &scratch.due)
        }
        for due in scratch.due {
            guard let place = views.index(forKey: due.topic) else { continue }
            publish(event, to: due, &views.values[place], now)
        }
    }

    private func publish(_ event: ProcessedEvent, to due: DueView, _ view: inout View, _ now: Now) {
        guard let config = view.config, let rendered = event.render(for: config, now: now.monotonic) else { return }
        let id = number(&view)
        guard due.isWatched || view.history != nil else { return }
        write(event, rendered, id: id, view)
        publishRendered(view, key: view.conflatesByAgent ? conflationKey(of: event.agent) : 0)
        if case .one(let agent) = event.agent {
            flows[StreamKey(type: event.type, agent: agent, resource: event.resource)]?.eventsOut += 1
        }
    }

    private func conflationKey(of agent: AgentSelector) -> UInt64 {
        if case .one(let id) = agent { agents[id]?.number ?? 0 } else { 0 }
    }

    private func write(_ event: ProcessedEvent, _ rendered: RenderedEvent, id: EventID?, _ view: View) {
        let agent = if case .one(let id) = event.agent { id } else { AgentID("*") }
        scratch.event.removeAll()
        EventWriter.write(
            to: scratch.event, id: id, prefix: view.prefix, agent: agent, at: event.time,
            metadata: rendered.metadata
        ) { $0.append(rendered.data) }
    }

    // MARK: - Snapshots

    /// For a client alone: the last of each agent, or what fires now.
    func processedSnapshots(of view: View, _ agents: [Agent]) -> [[UInt8]] {
        let now = self.now
        guard let config = view.config else { return [] }
        return agents.flatMap { lastEvents(of: view, $0, now) }.compactMap { event in
            guard let rendered = event.render(for: config, now: now.monotonic, isSnapshot: true) else { return nil }
            write(event, rendered, id: nil, view)
            return scratch.event.bytes
        }
    }

    private func lastEvents(of view: View, _ agent: Agent, _ now: Now) -> [ProcessedEvent] {
        switch view.key.type {
        case .processedMetrics:
            flows[StreamKey(type: .processedMetrics, agent: agent.id)]?.lastProcessed.map { [$0] } ?? []
        case .alertEvents: AlertEvents.grouped(agent.firing, at: now.wall)
        default: []
        }
    }

    /// What fires is mirrored here, so that a snapshot needs no question to another thread.
    private func note(_ changes: [AlertChange]) {
        for change in changes {
            guard case .one(let id) = change.alert.agent, let agent = agents[id] else { continue }
            agent.firing.removeAll { $0.id == change.alert.id }
            if change.alert.state == .firing, change.alert.silence == nil { agent.firing.append(change.alert) }
        }
    }
}
