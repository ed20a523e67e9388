import Model

extension CompiledRule {
    func alert(about agent: AgentID, _ value: Double, _ culprits: [AlertCulprit], _ now: Now) -> Alert {
        var alert = make(about: agent, now)
        alert.value = value
        alert.culprits = culprits
        if case .metric(let condition) = rule.condition {
            alert.message =
                "\(condition.metric) is \(Self.text(value)) on \(agent), "
                + "\(condition.comparison.words) \(Self.text(condition.threshold))"
        }
        return alert
    }

    func alert(about agent: AgentID, _ event: some AlertEvent, _ now: Now) -> Alert {
        var alert = make(about: agent, now)
        alert.state = .firing
        alert.message = event.field("message").map { "\(agent): \($0.prefix(300))" } ?? "\(subject) on \(agent)"
        return alert
    }

    private func make(about agent: AgentID, _ now: Now) -> Alert {
        Alert(
            id: Alert.id(rule: rule.name, agent: agent.text, startedAt: now.wall), rule: rule.name, agent: .one(agent),
            source: rule.source, level: rule.level, state: .pending, metric: subject, value: nil,
            threshold: threshold, message: "", startedAt: now.wall, labels: rule.labels)
    }

    /// One digit after the point is enough for a person.
    static func text(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.magnitude < 1e15 else { return "\(value)" }
        return tenths.truncatingRemainder(dividingBy: 10) == 0
            ? "\(Int64(tenths / 10))" : "\(Double(Int64(tenths)) / 10)"
    }
}

extension AlertComparison {
    fileprivate var words: String {
        switch self {
        case .greater: "above"
        case .greaterOrEqual: "at or above"
        case .less: "below"
        case .lessOrEqual: "at or below"
        case .equal: "equal to"
        case .notEqual: "different from"
        }
    }
}

extension Alert {
    /// The same for the same rule, host and beginning, so that what is stored twice is one.
    static func id(rule: String, agent: String, startedAt: WallTime) -> AlertID {
        // FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(rule)\u{0}\(agent)\u{0}\(startedAt.millisecondsSince1970)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return AlertID("alr_" + String(hash, radix: 36))
    }
}

extension AlertRule {
    /// Of an alert that was restored when its rule was no longer there: enough to end it.
    init(standingInFor alert: Alert) {
        self.init(
            name: alert.rule, source: alert.source, condition: .metric(MetricCondition(alert.metric, .greater, 0)),
            cooldown: 0, level: alert.level)
    }
}
