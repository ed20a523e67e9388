package import Model

/// What is wrong with a set of rules. The set is taken as a whole or not at all.
package struct AlertRuleProblem: Error, Equatable, Sendable {
    /// Such as `rules[2].threshold`.
    package var field: String
    /// Completes the sentence "`field` …".
    package var reason: String
}

package enum AlertRuleCheck {
    package static let maximumRules = 500
    /// Of `for` and of `cooldown`.
    package static let longest: Milliseconds = 24 * 3_600_000
    package static let maximumLabels = 32

    /// Metrics that a rule can name. `prediction.risk` is the analytics' own.
    package static let metrics: Set<String> = [
        "cpu.usage_percent", "cpu.user_percent", "cpu.system_percent", "cpu.idle_percent", "cpu.iowait_percent",
        "cpu.temperature_celsius", "memory.usage_percent", "memory.total_bytes", "memory.used_bytes",
        "memory.available_bytes", "memory.swap_usage_percent", "load.load1", "load.load5", "load.load15",
        "disk.usage_percent", "disk.read_bytes_per_sec", "disk.write_bytes_per_sec", "network.sent_bytes_per_sec",
        "network.recv_bytes_per_sec", "processes.total", "processes.running", "processes.sleeping",
        "processes.zombie", "prediction.risk",
    ]

    package static func validate(_ rules: [AlertRule]) throws(AlertRuleProblem) {
        guard rules.count <= maximumRules else {
            throw AlertRuleProblem(field: "rules", reason: "has more than \(maximumRules) rules")
        }
        var names: Set<String> = []
        for (index, rule) in rules.enumerated() {
            func problem(_ field: String, _ reason: String) -> AlertRuleProblem {
                AlertRuleProblem(field: "rules[\(index)].\(field)", reason: reason)
            }
            guard IdentifierRules.isValid(rule.name) else {
                throw problem("name", "is not 1 to 128 characters of A-Z a-z 0-9 . _ : @ -")
            }
            guard names.insert(rule.name).inserted else { throw problem("name", "is the name of two rules") }
            guard 0...longest ~= rule.hold else { throw problem("for", "is not between 0 and 24h") }
            guard 0...longest ~= rule.cooldown else { throw problem("cooldown", "is not between 0 and 24h") }
            guard rule.labels.count <= maximumLabels else {
                throw problem("labels", "has more than \(maximumLabels) labels")
            }
            switch rule.condition {
            case .metric(let condition): try check(condition, rule, problem)
            case .events(let condition): try check(condition, rule, problem)
            }
        }
    }

    private static func check(
        _ condition: MetricCondition, _ rule: AlertRule, _ problem: (String, String) -> AlertRuleProblem
    ) throws(AlertRuleProblem) {
        guard rule.source.hasMetrics else { throw problem("metric", "goes with the sources metrics and health_check") }
        guard metrics.contains(condition.metric) else { throw problem("metric", "is not a metric that rules know") }
        guard condition.threshold.isFinite else { throw problem("threshold", "is not a finite number") }
        guard let clear = condition.clearThreshold else { return }
        let isOnTheGoodSide =
            switch condition.comparison {
            case .greater, .greaterOrEqual: clear <= condition.threshold
            case .less, .lessOrEqual: clear >= condition.threshold
            case .equal, .notEqual: false
            }
        guard clear.isFinite, isOnTheGoodSide else {
            throw problem("clear_threshold", "is not on the good side of the threshold")
        }
    }

    private static func check(
        _ condition: EventCondition, _ rule: AlertRule, _ problem: (String, String) -> AlertRuleProblem
    ) throws(AlertRuleProblem) {
        guard !rule.source.hasMetrics else {
            throw problem("match", "goes with the sources logs, system_events and gateway_events")
        }
        guard !condition.match.isEmpty, condition.match.count <= 8 else {
            throw problem("match", "has no field, or more than 8")
        }
        guard [.greater, .greaterOrEqual].contains(condition.comparison) else {
            throw problem("op", "is not > or >=, the ones that can be asked of a number of events")
        }
        guard 0...1_000_000 ~= condition.threshold, condition.comparison == .greater || condition.threshold >= 1 else {
            throw problem("threshold", "is not a number of events between 1 and 1000000")
        }
        let texts = Array(condition.match.values) + Array((condition.clearMatch ?? [:]).values)
        guard texts.allSatisfy({ $0.utf8.count <= 512 }) else {
            throw problem("match", "has a pattern of more than 512 bytes")
        }
    }
}
