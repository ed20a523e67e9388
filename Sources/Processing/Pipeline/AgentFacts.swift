import Model

/// What is known of an agent without asking its processors.
struct AgentFacts: Sendable {
    private(set) var lastCheck: WallTime?
    /// The newest that came, of a health check or of metrics: metrics may be filtered.
    private(set) var cpuUsage: Double?
    private(set) var memoryUsage: Double?
    private(set) var diskUsage: Double?
    private(set) var check: HealthRecord?
    private(set) var risks = RiskSigns()

    mutating func note(_ observation: Observation, _ now: Now) {
        switch observation {
        case .metricsAnalysis(let analysis):
            note(analysis.observation.sample.values, now.wall)
            risks.noteMetrics(analysis.result.risk, now.monotonic)
        case .healthAnalysis(let analysis):
            check = analysis.record
            note(analysis.values, now.wall)
            risks.noteHealth(analysis.risk, now.monotonic)
        default: break
        }
    }

    /// From an earlier life of the gateway.
    mutating func restore(_ record: HealthRecord) {
        check = record
        note(record.metricValues, record.time)
    }

    private mutating func note(_ values: MetricValues, _ time: WallTime) {
        lastCheck = time
        cpuUsage = values[.cpuUsage] ?? cpuUsage
        memoryUsage = values[.memoryUsage] ?? memoryUsage
        diskUsage = values[.diskUsage] ?? diskUsage
    }
}

/// The risk of one host as metrics show it and as health checks do, which come with nobody watching.
struct RiskSigns: Sendable {
    private var metrics: (risk: RiskAssessment, time: MonotonicTime)?
    private var health: (risk: RiskAssessment, time: MonotonicTime)?

    /// Metrics of a host that nobody watches any more say nothing about now.
    private static let freshFor: Milliseconds = 90_000

    mutating func noteMetrics(_ risk: RiskAssessment, _ now: MonotonicTime) { metrics = (risk, now) }
    mutating func noteHealth(_ risk: RiskAssessment, _ now: MonotonicTime) { health = (risk, now) }

    /// The higher of those that are fresh; if none is, the newest.
    func current(_ now: MonotonicTime) -> RiskAssessment {
        let all = [metrics, health].compactMap { $0 }
        let fresh = all.filter { now < $0.time + Self.freshFor }
        if let highest = fresh.max(by: { $0.risk.risk < $1.risk.risk }) { return highest.risk }
        return all.max { $0.time < $1.time }?.risk ?? RiskAssessment()
    }
}
