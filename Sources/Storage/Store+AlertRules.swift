import GRDB
package import Model

extension StoreWrite {
    /// All of them at once; from now on they are set, even if there are none.
    package static func replaceRules(_ rules: [AlertRule]) -> Self {
        StoreWrite { database in
            try database.execute(sql: "DELETE FROM alert_rules")
            for (position, rule) in rules.enumerated() {
                try database.execute(
                    sql: "INSERT INTO alert_rules VALUES (?, ?)",
                    arguments: [position, try JSONText.encode(StoredRule(rule))])
            }
            try database.execute(sql: "INSERT OR REPLACE INTO meta VALUES ('alert_rules_set', 1)")
        }
    }
}

extension Store {
    /// In the order in which they were given; nil when they were never set.
    package func alertRules() async throws(StoreError) -> [AlertRule]? {
        try await read { database in
            let isSet = try Int.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'alert_rules_set'")
            guard isSet == 1 else { return nil }
            return try String.fetchAll(database, sql: "SELECT data FROM alert_rules ORDER BY position").map {
                try JSONText.decode(StoredRule.self, from: $0).rule()
            }
        }
    }
}

/// The stored form of `AlertRule`.
struct StoredRule: Codable {
    struct Metric: Codable {
        var name: String
        var comparison: String
        var threshold: Double
        var clear: Double?
    }
    struct Events: Codable {
        var match: [String: String]
        var comparison: String
        var threshold: Double
        var clear: [String: String]?
    }

    var name: String
    var source: String
    var metric: Metric?
    var events: Events?
    var hold: Int
    var cooldown: Int
    var level: String
    var labels: [String: String]
    var agents: [String]?
    var enabled: Bool

    init(_ rule: AlertRule) {
        name = rule.name
        source = rule.source.rawValue
        switch rule.condition {
        case .metric(let condition):
            metric = Metric(
                name: condition.metric, comparison: condition.comparison.rawValue, threshold: condition.threshold,
                clear: condition.clearThreshold)
        case .events(let condition):
            events = Events(
                match: condition.match, comparison: condition.comparison.rawValue, threshold: condition.threshold,
                clear: condition.clearMatch)
        }
        hold = rule.hold
        cooldown = rule.cooldown
        level = rule.level.rawValue
        labels = rule.labels
        agents = rule.agents.map { $0.map(\.text).sorted() }
        enabled = rule.isEnabled
    }

    /// Throws `invalid` for a rule of a program that knew more.
    func rule() throws -> AlertRule {
        guard let source = AlertSource(rawValue: source), let level = AlertLevel(rawValue: level),
            let condition = condition()
        else { throw StoreError.invalid(detail: "the stored alert rule \(name) is not understood") }
        return AlertRule(
            name: name, source: source, condition: condition, hold: hold, cooldown: cooldown, level: level,
            labels: labels, agents: agents.map { Set($0.map { AgentID($0) }) }, isEnabled: enabled)
    }

    private func condition() -> AlertCondition? {
        if let metric, let comparison = AlertComparison(rawValue: metric.comparison) {
            return .metric(
                MetricCondition(metric.name, comparison, metric.threshold, clearThreshold: metric.clear))
        }
        if let events, let comparison = AlertComparison(rawValue: events.comparison) {
            return .events(EventCondition(events.match, comparison, events.threshold, clearMatch: events.clear))
        }
        return nil
    }
}
