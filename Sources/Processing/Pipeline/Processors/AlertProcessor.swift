package import Model

/// Shows everything that rules can look at to the rules.
package struct AlertProcessor: StreamProcessor {
    package static let info = ProcessorInfo(
        name: "alerts",
        reads: [.metricsAnalysis, .healthAnalysis, .enrichedLog, .errorBurst, .systemEvent, .gatewayEvent],
        emits: [.alertEvents], whenBehind: .sourceWaits)

    private var risks = RiskSigns()

    package init(agent: AgentID) {}

    package mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        switch observation {
        case .metricsAnalysis(let analysis):
            risks.noteMetrics(analysis.result.risk, context.now.monotonic)
            observe(
                SampleForRules(
                    values: analysis.observation.sample.values, processes: analysis.observation.sample.topProcesses,
                    risk: risks.current(context.now.monotonic).risk), from: .metrics, &context)
        case .healthAnalysis(let analysis):
            risks.noteHealth(analysis.risk, context.now.monotonic)
            observe(
                SampleForRules(
                    values: analysis.values, processes: [], risk: risks.current(context.now.monotonic).risk),
                from: .healthCheck, &context)
        case .enrichedLog(let log): observe(log, from: .logs, &context)
        case .errorBurst(let change): observe(ErrorBurstEvent(change: change), from: .logs, &context)
        case .systemEvent(let event, _): observe(event, from: .systemEvents, &context)
        case .gatewayEvent(let event): observe(event, from: .gatewayEvents, &context)
        default: break
        }
    }

    private func observe(
        _ sample: SampleForRules, from source: AlertSource, _ context: inout ProcessingContext
    ) {
        context.announce(context.alerts.observe(sample, from: source, of: context.agent, context.now))
    }

    private func observe(
        _ event: some AlertEvent, from source: AlertSource, _ context: inout ProcessingContext
    ) {
        context.announce(context.alerts.observe(event, from: source, of: context.agent, context.now))
    }
}
