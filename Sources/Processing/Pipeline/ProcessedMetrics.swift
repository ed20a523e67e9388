import JSON
import Model
import Payloads

/// `data` of `processed_metrics`.
struct ProcessedMetrics: ProcessedPayload {
    /// All of MetricsData, as JSON.
    var raw: [UInt8]
    var receivedAt: MonotonicTime
    var result: AnalyticsResult
    /// Those of the agent that fire and are not silenced.
    var alerts: [Alert]

    func render(for config: StreamConfig, _ facts: RenderingFacts) -> RenderedEvent? {
        let alerts = config.alertLevels.select(self.alerts)
        let trends = config.includeTrends ? result.trends : []
        let elapsed = Double(facts.now.nanoseconds) - Double(receivedAt.nanoseconds)
        return RenderedEvent(facts) { writer in
            writer.object {
                $0.member("raw", raw: MetricsSelection(config.filters).apply(to: raw))
                $0.object("enriched") { result.writeEnriched(trends, to: &$0) }
                $0.array("alerts") { for alert in alerts { alert.write(to: &$0) } }
                $0.array("recommendations") { for each in result.recommendations { each.write(to: &$0) } }
                $0.object("trends") { trends.write(to: &$0) }
            }
        } metadata: {
            $0.member("processing_time_ms", max(0, elapsed) / 1e6, decimals: 3)
            $0.member("alert_count", alerts.count)
        }
    }
}
