import AgentLink
import Broker
import Fanout
package import Model
import Reactor
package import Service
import Storage

/// The Hub is what stands behind the API; most of its operations are in Service+*.swift.
extension Hub: GatewayService {
    package nonisolated var phase: GatewayPhase {
        shared.isDraining ? .draining : shared.isReady ? .ready : .starting
    }

    // MARK: - Tokens and audit

    package nonisolated var hasTokens: Bool { credentials.areAsked }

    /// On no loop: verifying a signature takes its time.
    package nonisolated func principal(bearing token: String) async throws(TokenRefusal) -> Principal {
        try credentials.principal(bearing: token, at: .now)
    }

    package nonisolated func record(_ entry: AuditEntry) {
        store.enqueue(
            .record(
                AuditRecord(
                    time: .now, actor: entry.token?.text ?? "", action: entry.action, subject: entry.reason,
                    peer: entry.peer, outcome: entry.outcome.rawValue)))
    }

    // MARK: - Operations

    package func readiness() -> [ReadinessCheck] {
        let storeCheck: ReadinessCheck =
            switch store.health {
            case .healthy: ReadinessCheck(name: "store", isOK: true, detail: "writes reach the disk")
            case .degraded(let error):
                ReadinessCheck(name: "store", isOK: false, detail: "\(error); streaming goes on, storing does not")
            }
        let connected = agents.values.count { $0.isConnected }
        let logCheck: ReadinessCheck =
            switch store.logs.health {
            case .healthy: ReadinessCheck(name: "logs", isOK: true, detail: "lines and events reach the disk")
            case .degraded(let error):
                ReadinessCheck(name: "logs", isOK: false, detail: "\(error); lines and events stay with their agents")
            }
        return [
            storeCheck, logCheck,
            ReadinessCheck(name: "agents", isOK: true, detail: "\(connected) of \(agents.count) known are connected"),
        ]
    }

    package func writeMetrics(to text: inout MetricsText) async {
        writeOwnMetrics(to: &text)
        await writeProcessingMetrics(to: &text)
        settings.writeFurtherMetrics(&text)
        var fanout: [FanoutStatistics] = []
        for port in ports { if let statistics = await port.statistics() { fanout.append(statistics) } }
        Self.write(fanout, to: &text)
        Self.write(([loop] + ports.map(\.loop)).map { ($0.name, $0.statistics) }, to: &text)
    }

    private func writeOwnMetrics(to text: inout MetricsText) {
        let counts = broker.counts
        text.gauge("sluice_agents_connected", "Agents that are connected", counts.connectedAgents)
        text.gauge("sluice_agents_known", "Agents that are known", agents.count)
        text.counter("sluice_agent_connections", "Agents welcomed", counters.agentsConnected)
        text.counter("sluice_agent_losses", "Connections to agents that ended", counters.agentsLost)
        text.counter(
            "sluice_agent_pauses", "Times that agents were not read from because a client loop did not keep up",
            counters.agentPauses)
        text.counter(
            "sluice_agents_sent_away", "Connections closed because task output waits for the disk",
            counters.agentsSentAway)
        text.counter("sluice_agents_refused", "Agents turned away", listener?.refused ?? 0)
        text.counter(
            "sluice_agent_protocol_errors", "Connections closed for what they sent", listener?.protocolErrors ?? 0)
        text.gauge("sluice_subscriptions", "Subscriptions", counts.subscriptions)
        text.gauge("sluice_sessions", "Sessions", counts.sessions)
        text.gauge("sluice_sse_connections", "Open event streams", counts.connections)
        text.gauge("sluice_views", "Views that somebody reads or may come back to", counts.views)
        text.gauge("sluice_streams", "Streams that somebody wants", counts.streams)
        text.counter("sluice_streams_opened", "Event streams opened", counters.streamsOpened)
        text.counter("sluice_streams_refused", "Event streams not opened", counters.streamsRefused)
        text.counter("sluice_events_received", "Samples and events from agents", counters.eventsIn)
        text.counter("sluice_events_stale", "Samples of streams that nobody wants any more", counters.staleSamples)
        text.counter("sluice_events_rendered", "Events rendered, once per view", counters.eventsRendered)
        text.counter("sluice_events_published", "Events handed to client loops", counters.eventsPublished)
        text.counter(
            "sluice_container_lines_dropped", "Lines of containers that agents dropped, each reported as a gap",
            counters.linesLost)
        text.counter("sluice_task_lines_received", "Lines of task output", counters.linesIn)
        text.counter("sluice_task_lines_repeated", "Lines that had been received before", counters.duplicateLines)
        text.counter("sluice_tasks_created", "Tasks created", counters.tasksCreated)
        text.gauge("sluice_tasks_running", "Tasks without a stored end", tasks.count)
        text.gauge("sluice_deadlines", "Expiries, lingers and repetitions that are scheduled", counts.deadlines)
        text.counter(
            "sluice_leases_refused", "Demands on agents that had as many streams as they may", counts.refusedLeases)
        writeStoreMetrics(to: &text)
    }

    private func writeStoreMetrics(to text: inout MetricsText) {
        let stored = store.counters
        text.counter("sluice_store_writes", "Changes stored", stored.written)
        text.counter("sluice_store_transactions", "Transactions that stored them", stored.transactions)
        text.counter("sluice_store_failed_batches", "Batches that the disk refused", stored.failedBatches)
        text.counter("sluice_store_degradations", "Times that the database took no writes", stored.degradations)
        text.counter(
            "sluice_store_drops", "Changes not stored, by reason",
            [
                .init(stored.droppedFull, ["reason": "full"]), .init(stored.droppedDegraded, ["reason": "degraded"]),
                .init(stored.refused, ["reason": "refused"]),
            ])
        text.gauge("sluice_store_queued", "Changes that wait", store.queued)
        let output = store.output.counters
        text.counter("sluice_output_records", "Records of task output written to files", output.records)
        text.counter("sluice_output_bytes", "Bytes of task output written to files", output.bytes)
        text.counter("sluice_output_writes", "System calls that wrote them", output.writes)
        text.counter("sluice_output_failed_writes", "Writes of task output that the disk refused", output.failedWrites)
        text.counter(
            "sluice_output_refusals", "Batches of task output refused because too much waited", output.refusedFull)
        text.counter(
            "sluice_output_segments_dropped", "Segments of task output that left the retention", output.segmentsDropped)
        text.gauge("sluice_output_queued_bytes", "Task output that waits for the disk", store.output.queuedBytes)
        text.gauge(
            "sluice_output_paced_tasks", "Tasks that wait for a fast reader to read on", store.output.pacedTasks)
    }

    private static func write(_ fanout: [FanoutStatistics], to text: inout MetricsText) {
        func sum(_ value: (FanoutStatistics) -> UInt64) -> UInt64 { fanout.reduce(0) { $0 + value($1) } }
        text.counter("sluice_deliveries", "Events delivered to clients", sum(\.delivered))
        text.counter("sluice_drops", "Events that slow clients lost, each reported as a gap", sum(\.dropped))
        text.counter("sluice_conflations", "Events replaced by newer ones for slow clients", sum(\.conflated))
        text.counter("sluice_sse_bytes_sent", "Bytes sent on event streams", sum(\.bytesSent))
        text.counter("sluice_sse_sends", "System calls that sent them", sum(\.sends))
        text.counter(
            "sluice_events_skipped", "Events that reached a client loop after their view had closed there",
            sum(\.skipped))
        text.gauge("sluice_sse_clients", "Sockets of event streams", sum(\.clients))
        text.gauge("sluice_topics", "Logs that clients read, one per view and loop", sum(\.topics))
        text.gauge("sluice_topic_bytes", "Memory of the logs that clients read", sum(\.topicBytes))
        text.counter(
            "sluice_clients_gone", "Event streams that ended, by reason",
            [
                .init(sum(\.goneClosed), ["reason": "closed"]), .init(sum(\.goneFinished), ["reason": "finished"]),
                .init(sum(\.goneStalled), ["reason": "stalled"]), .init(sum(\.goneAborted), ["reason": "aborted"]),
            ])
    }

    private static func write(
        _ loops: [(name: String, statistics: EventLoop.Statistics)], to text: inout MetricsText
    ) {
        text.counter(
            "sluice_loop_messages", "Messages from other threads, by loop",
            loops.map { .init($0.statistics.executed, ["loop": $0.name]) })
        text.counter(
            "sluice_loop_wakeups", "Times that a loop was woken for messages",
            loops.map { .init($0.statistics.wakeups, ["loop": $0.name]) })
        text.gauge(
            "sluice_loop_deepest", "The most messages that ever waited for a loop",
            loops.map { .init($0.statistics.deepest, ["loop": $0.name]) })
    }
}
