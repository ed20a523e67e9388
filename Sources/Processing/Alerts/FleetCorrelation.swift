import Model

/// The same rule on many hosts within a short time is one event with one cause: it becomes one alert about the fleet.
struct FleetCorrelation: Sendable {
    fileprivate struct Group {
        /// Hosts whose alert fires.
        var firing: Set<AgentID> = []
        /// The newest that have begun, at most `FleetCorrelation.remembered`; they are also the examples in the message.
        var starts: [(agent: AgentID, time: MonotonicTime)] = []
        var alert: Alert?
        var lastUpdate = MonotonicTime(nanoseconds: 0)
    }
    private var groups: [String: Group] = [:]

    /// So many hosts...
    static let minimumHosts = 3
    /// ...that have begun within so long make a fleet alert. It ends when fewer are left.
    static let window: Milliseconds = 5 * 60_000
    fileprivate static let remembered = 16
    /// Changes in number are handed out so often at most: a fleet can change thousands of times in a moment.
    fileprivate static let updateInterval: Milliseconds = 10_000

    var active: [Alert] { groups.values.compactMap(\.alert) }

    mutating func restore(_ alert: Alert) { groups[alert.rule, default: Group()].alert = alert }

    /// Takes note of what has become of the alert of one host. In constant time.
    @discardableResult
    mutating func note(_ alert: Alert, _ now: Now) -> AlertChange? {
        guard case .one(let agent) = alert.agent, alert.state != .pending else { return nil }
        let change = groups[alert.rule, default: Group()].note(agent, alert, now)
        if groups[alert.rule]?.isEmpty == true { groups[alert.rule] = nil }
        return change
    }

    mutating func acknowledge(_ id: AlertID, by person: String, _ now: Now) -> AlertChange? {
        guard let rule = groups.first(where: { $0.value.alert?.id == id })?.key else { return nil }
        groups[rule]!.alert!.acknowledgedBy = person
        groups[rule]!.alert!.updatedAt = now.wall
        return AlertChange(kind: .acknowledged, alert: groups[rule]!.alert!)
    }

    mutating func reconsider(_ silence: (Alert) -> SilenceID?) {
        for rule in groups.keys {
            guard let alert = groups[rule]!.alert else { continue }
            groups[rule]!.alert!.silence = silence(alert)
        }
    }
}

extension FleetCorrelation.Group {
    fileprivate var isEmpty: Bool { firing.isEmpty && alert == nil }

    fileprivate mutating func note(_ agent: AgentID, _ cause: Alert, _ now: Now) -> AlertChange? {
        if cause.state == .resolved {
            firing.remove(agent)
            starts.removeAll { $0.agent == agent }
        } else if firing.insert(agent).inserted {
            if starts.count == FleetCorrelation.remembered { starts.removeFirst() }
            starts.append((agent, now.monotonic))
        }
        return alert == nil ? begin(cause, now) : goOn(now)
    }

    private mutating func begin(_ cause: Alert, _ now: Now) -> AlertChange? {
        let recent = starts.count { now.monotonic.milliseconds(since: $0.time) <= FleetCorrelation.window }
        guard cause.state == .firing, recent >= FleetCorrelation.minimumHosts else { return nil }
        alert = Alert(
            id: Alert.id(rule: cause.rule, agent: "*", startedAt: now.wall), rule: cause.rule, agent: .every,
            source: cause.source, level: cause.level, state: .firing, metric: cause.metric,
            value: nil, threshold: Double(FleetCorrelation.minimumHosts), message: "", startedAt: now.wall,
            labels: cause.labels)
        describe(now)
        return AlertChange(kind: .fired, alert: alert!)
    }

    private mutating func goOn(_ now: Now) -> AlertChange? {
        if firing.count < FleetCorrelation.minimumHosts {
            describe(now)
            var ended = alert!
            ended.state = .resolved
            ended.resolvedAt = now.wall
            alert = nil
            return AlertChange(kind: .resolved, alert: ended)
        }
        guard now.monotonic >= lastUpdate + FleetCorrelation.updateInterval else { return nil }
        describe(now)
        return AlertChange(kind: .updated, alert: alert!)
    }

    private mutating func describe(_ now: Now) {
        let examples = starts.prefix(5).map(\.agent.text).joined(separator: ", ")
        alert!.message = "\(alert!.rule) on \(firing.count) hosts: \(examples)\(firing.count > 5 ? "…" : "")"
        alert!.value = Double(firing.count)
        alert!.updatedAt = now.wall
        lastUpdate = now.monotonic
    }
}
