import Model

/// The members of `config` in a subscription. Each is accepted for every stream type, so that one client may send the
/// same for all; the answer's `config` has those that the type uses, and only those had an effect.
enum ConfigField: String, CaseIterable {
    case interval, filters
    case bufferSize = "buffer_size"
    case snapshot
    case includeTrends = "include_trends"
    case alertLevels = "alert_levels"
    case includeRawOutput = "include_raw_output"
    case statusUpdatesOnly = "status_updates_only"
    case levels, query, since, all, tail
    case waitForAgent = "wait_for_agent"

    /// The older name of `filters`.
    static let filtersAlias = "metrics"

    static let toldToAgents: [ConfigField] = [.interval, .filters, .tail]

    static let names = allCases.map(\.rawValue) + [filtersAlias]

    func isUsed(by type: StreamType) -> Bool {
        switch self {
        case .bufferSize, .waitForAgent: type.isClientStream
        // Of alerts it is how often the metrics come that the rules look at.
        case .interval: type.info.category == .periodic || type == .alertEvents
        case .filters: [.metrics, .processedMetrics, .healthCheck].contains(type)
        case .snapshot: [.metrics, .processedMetrics, .alertEvents].contains(type)
        case .includeTrends: type == .processedMetrics
        case .alertLevels: [.processedMetrics, .alertEvents].contains(type)
        case .includeRawOutput, .statusUpdatesOnly: type == .deploymentStatus
        case .levels, .all: type == .processedLogs
        case .query: [.processedLogs, .containerLogs].contains(type)
        case .since: type == .processedLogs
        case .tail: type == .containerLogs
        }
    }
}
