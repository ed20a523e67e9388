package import Model

/// Makes events of `processed_metrics`. Behind the rules, so that they show the alerts that a sample began.
package struct ProcessedMetricsRelay: StreamProcessor {
    package static let info = ProcessorInfo(
        name: "processed_metrics", reads: .metricsAnalysis, emits: [.processedMetrics], whenBehind: .newestCounts)

    package init(agent: AgentID) {}

    package mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        guard case .metricsAnalysis(let analysis) = observation, context.isRead(.processedMetrics),
            let raw = analysis.observation.raw
        else { return }
        let alerts = context.alerts.active(of: context.agent)
        context.publish(
            .processedMetrics,
            ProcessedMetrics(
                raw: raw, receivedAt: analysis.observation.receivedAt, result: analysis.result,
                alerts: alerts.filter { $0.state == .firing && $0.silence == nil }))
    }
}
