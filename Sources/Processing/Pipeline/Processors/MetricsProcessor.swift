package import Model

/// Keeps samples for the history, and compares them with the past: baselines, trends, predictions, advice.
package struct MetricsProcessor: StreamProcessor {
    package static let info = ProcessorInfo(
        name: "metrics", reads: .metrics, requiredConfig: .defaults(for: .metrics), whenBehind: .newestCounts)

    /// Of samples that come faster, the history gets one in so long.
    private static let keepInterval: Milliseconds = 1_000
    /// Timers are never exact.
    private static let lateness: Milliseconds = 50

    private var analytics = AgentAnalytics()
    private var lastKept: MonotonicTime?

    package init(agent: AgentID) {}

    package mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        guard case .metrics(let observation) = observation else { return }
        keep(observation.sample.values, &context)
        let result = analytics.ingest(observation.sample, at: context.now)
        context.emit(.metricsAnalysis(MetricsAnalysis(observation: observation, result: result)))
    }

    private mutating func keep(_ values: MetricValues, _ context: inout ProcessingContext) {
        let now = context.now.monotonic
        guard !values.isEmpty else { return }
        if let lastKept, now < lastKept + (Self.keepInterval - Self.lateness) { return }
        lastKept = now
        context.keep(.metrics(MetricPoint(agent: context.agent, time: context.now.wall, values: values)))
    }
}
