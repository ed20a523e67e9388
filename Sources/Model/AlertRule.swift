/// When an alert begins and when it ends. Data: rules are read, replaced and stored as a whole.
package struct AlertRule: Hashable, Sendable {
    /// Unique among the rules.
    package var name: String
    package var source: AlertSource
    package var condition: AlertCondition
    /// For metrics, how long the condition has to hold; for events, the window in which they are counted.
    package var hold: Milliseconds
    /// After its end the alert does not begin again for so long.
    package var cooldown: Milliseconds
    package var level: AlertLevel
    package var labels: [String: String]
    /// The hosts it is about; nil: all of them.
    package var agents: Set<AgentID>?
    package var isEnabled: Bool

    package init(
        name: String, source: AlertSource, condition: AlertCondition, hold: Milliseconds = 0,
        cooldown: Milliseconds = 300_000, level: AlertLevel = .warning, labels: [String: String] = [:],
        agents: Set<AgentID>? = nil, isEnabled: Bool = true
    ) {
        self.name = name
        self.source = source
        self.condition = condition
        self.hold = hold
        self.cooldown = cooldown
        self.level = level
        self.labels = labels
        self.agents = agents
        self.isEnabled = isEnabled
    }
}

package enum AlertCondition: Hashable, Sendable {
    case metric(MetricCondition)
    case events(EventCondition)
}

package struct MetricCondition: Hashable, Sendable {
    package var metric: String
    package var comparison: AlertComparison
    package var threshold: Double
    /// Where the alert ends, on the better side of the threshold; nil: at the threshold.
    package var clearThreshold: Double?

    package init(
        _ metric: String, _ comparison: AlertComparison, _ threshold: Double, clearThreshold: Double? = nil
    ) {
        self.metric = metric
        self.comparison = comparison
        self.threshold = threshold
        self.clearThreshold = clearThreshold
    }
}

package struct EventCondition: Hashable, Sendable {
    /// What an event has to match: the name of a field → a pattern with `*` and, between alternatives, `|`.
    package var match: [String: String]
    package var comparison: AlertComparison
    /// How many events within the rule's window.
    package var threshold: Double
    /// An event of the same host that ends the alert; nil: it ends when the window has emptied.
    package var clearMatch: [String: String]?

    package init(
        _ match: [String: String], _ comparison: AlertComparison = .greaterOrEqual, _ threshold: Double = 1,
        clearMatch: [String: String]? = nil
    ) {
        self.match = match
        self.comparison = comparison
        self.threshold = threshold
        self.clearMatch = clearMatch
    }
}

package enum AlertComparison: String, CaseIterable, Sendable {
    case greater = ">"
    case greaterOrEqual = ">="
    case less = "<"
    case lessOrEqual = "<="
    case equal = "=="
    case notEqual = "!="

    package func holds(_ value: Double, _ threshold: Double) -> Bool {
        switch self {
        case .greater: value > threshold
        case .greaterOrEqual: value >= threshold
        case .less: value < threshold
        case .lessOrEqual: value <= threshold
        case .equal: value == threshold
        case .notEqual: value != threshold
        }
    }
}
