import Pipeline
import Processing
import Service
import Storage

// Counts of the pipeline and of the store of logs, for `/metrics`.

extension Hub {
    func writeProcessingMetrics(to text: inout MetricsText) async {
        let counts = await pipeline.counters()
        text.counter(
            "sluice_processed", "What the processors have taken in, by kind",
            [
                .init(counts.metrics, ["kind": "metrics"]), .init(counts.healthChecks, ["kind": "health_check"]),
                .init(counts.logLines, ["kind": "log_line"]), .init(counts.systemEvents, ["kind": "system_event"]),
                .init(counts.gatewayEvents, ["kind": "gateway_event"]),
            ])
        text.counter("sluice_processor_failures", "Errors of processors, each reported in the log", counts.failures)
        text.counter("sluice_processed_events", "Events that processors made", counts.published)
        text.counter("sluice_threats", "Threats found in logs", counts.threats)
        text.gauge("sluice_processing_agents", "Agents that the processors know something of", counts.agents)
        text.gauge("sluice_processing_waiting_bytes", "Frames that wait for the processors", pipeline.waiting)
        text.counter(
            "sluice_processing_skipped", "Samples and events that the processors did not get, for lack of room",
            counters.samplesNotProcessed)
        text.counter("sluice_alerts_fired", "Alerts that began", counts.alerts.fired)
        text.counter("sluice_alerts_resolved", "Alerts that ended", counts.alerts.resolved)
        text.counter("sluice_alerts_refused", "Alerts beyond those that may be active", counts.alerts.refused)
        text.counter(
            "sluice_items", "Lines and events of reliable streams, by what became of them",
            [
                .init(counters.duplicateItems, ["outcome": "repeated"]),
                .init(counters.itemsRefused, ["outcome": "refused"]), .init(counters.itemsLost, ["outcome": "lost"]),
            ])
        writeLogStoreMetrics(to: &text)
    }

    private func writeLogStoreMetrics(to text: inout MetricsText) {
        let logs = store.logs.counters
        text.counter("sluice_log_lines_stored", "Log lines stored", logs.lines)
        text.counter("sluice_events_stored", "Events of hosts and of the gateway stored", logs.events)
        text.counter("sluice_log_transactions", "Transactions that stored them", logs.transactions)
        text.counter("sluice_log_failed_transactions", "Such that the disk refused", logs.failedTransactions)
        text.counter("sluice_log_refusals", "Batches refused because too much waited", logs.refusedFull)
        text.counter("sluice_log_segments_removed", "Segments that left the retention", logs.segmentsRemoved)
        text.counter("sluice_log_segments_set_aside", "Segments that were damaged", logs.segmentsSetAside)
        text.counter("sluice_log_searches", "Searches", logs.searches)
        text.counter("sluice_log_searches_too_slow", "Searches that were given up", logs.searchesTooSlow)
        text.gauge("sluice_log_queued_bytes", "Lines and events that wait for the disk", store.logs.queuedBytes)
        text.gauge("sluice_log_bytes", "Size of the stored logs on disk", store.logs.byteCount)
    }
}
