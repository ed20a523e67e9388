import Model

/// A rule with its patterns ready to match.
struct CompiledRule: Sendable {
    let rule: AlertRule
    private let match: [(field: String, pattern: TextPattern)]
    private let clear: [(field: String, pattern: TextPattern)]?

    init(_ rule: AlertRule) {
        self.rule = rule
        guard case .events(let condition) = rule.condition else {
            (match, clear) = ([], nil)
            return
        }
        match = Self.compile(condition.match)
        clear = condition.clearMatch.map(Self.compile)
    }

    private static func compile(_ fields: [String: String]) -> [(field: String, pattern: TextPattern)] {
        fields.sorted { $0.key < $1.key }.map { ($0.key, TextPattern($0.value)) }
    }

    func isAbout(_ agent: AgentID) -> Bool { rule.agents?.contains(agent) ?? true }

    func matches(_ event: some AlertEvent) -> Bool { Self.matches(event, match) }

    func isClearedBy(_ event: some AlertEvent) -> Bool { clear.map { Self.matches(event, $0) } ?? false }

    /// Whether only an event ends its alerts.
    var endsByEvent: Bool { clear != nil }

    private static func matches(
        _ event: some AlertEvent, _ fields: [(field: String, pattern: TextPattern)]
    ) -> Bool {
        fields.allSatisfy { field, pattern in event.matches(field, pattern) }
    }

    /// What its alerts say they are about.
    var subject: String {
        switch rule.condition {
        case .metric(let condition): condition.metric
        case .events(let condition):
            condition.match.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }
    }

    var threshold: Double {
        switch rule.condition {
        case .metric(let condition): condition.threshold
        case .events(let condition): condition.threshold
        }
    }
}

extension MetricCondition {
    func begins(at value: Double) -> Bool { comparison.holds(value, threshold) }
    /// An alert that has begun goes on until the value is on the good side of the clear threshold.
    func ends(at value: Double) -> Bool { !comparison.holds(value, clearThreshold ?? threshold) }
}
