package import Model

/// Decides which alerts begin and end. Pure: observations and time in, changes out. The caller stores and tells.
///
/// Nothing is kept of a rule on a host while all is well, so an observation that is no news costs one look-up per rule.
package struct AlertEngine: Sendable {
    struct Key: Hashable {
        var rule: String
        var agent: AgentID
    }

    private(set) var rules: [String: CompiledRule] = [:]
    /// Sorted.
    private var ruleNames: [String] = []
    /// Enabled ones, by what they look at.
    private var bySource: [AlertSource: [CompiledRule]] = [:]
    private var instances: [Key: AlertInstance] = [:]
    private var silences = SilenceTable()
    private var fleet = FleetCorrelation()
    package private(set) var counters = AlertCounters()

    /// Rules times hosts where something is, or was a moment ago, wrong.
    package static let maximumInstances = 50_000

    /// - Parameters:
    ///   - active: alerts that were firing when the gateway ended; pending ones begin anew.
    package init(rules: [AlertRule], active: [Alert] = [], silences: [Silence] = [], _ now: Now) {
        for silence in silences { self.silences.add(silence) }
        setRules(rules)
        for alert in active where alert.state == .firing && alert.agent == .every { fleet.restore(alert) }
        for alert in active where alert.state == .firing {
            guard case .one(let agent) = alert.agent else { continue }
            // An alert whose rule is gone is held until the first tick ends it.
            let rule = self.rules[alert.rule]?.rule ?? AlertRule(standingInFor: alert)
            instances[Key(rule: alert.rule, agent: agent)] = AlertInstance(
                restoring: alert, rule, now.monotonic)
            fleet.note(alert, now)
        }
    }

    // MARK: - Rules

    /// What is in force, in the order of the names.
    package var rulesInForce: [AlertRule] { rules.values.map(\.rule).sorted { $0.name < $1.name } }

    /// Alerts of rules that are gone, disabled, or look at something else now, end.
    package mutating func replaceRules(_ new: [AlertRule], _ now: Now) -> [AlertChange] {
        let old = rules
        setRules(new)
        let new = rules
        return sweep(now) { key, instance in
            guard let was = old[key.rule]?.rule else { return nil }
            if let rule = new[key.rule]?.rule, rule.isEnabled, rule.condition == was.condition,
                rule.source == was.source, rule.agents?.contains(key.agent) ?? true
            {
                return nil
            }
            return instance.abandon(was, now)
        }
    }

    private mutating func setRules(_ new: [AlertRule]) {
        rules = Dictionary(new.map { ($0.name, CompiledRule($0)) }) { _, last in last }
        ruleNames = rules.keys.sorted()
        bySource = [:]
        for rule in ruleNames.compactMap({ rules[$0] }) where rule.rule.isEnabled {
            bySource[rule.rule.source, default: []].append(rule)
            // A rule about metrics also sees the health checks, which come with nobody watching.
            if rule.rule.source == .metrics { bySource[.healthCheck, default: []].append(rule) }
        }
    }

    // MARK: - Observations

    /// - Parameter source: `metrics` or `healthCheck`.
    package mutating func observe(
        _ sample: some AlertSample, from source: AlertSource, of agent: AgentID, _ now: Now
    ) -> [AlertChange] {
        var changes: [AlertChange] = []
        for rule in bySource[source] ?? [] where rule.isAbout(agent) {
            guard case .metric(let condition) = rule.rule.condition, let value = sample.value(of: condition.metric)
            else { continue }
            counters.evaluations += 1
            let key = Key(rule: rule.rule.name, agent: agent)
            if instances[key] == nil {
                guard condition.begins(at: value), makeInstance(key, rule, now) else { continue }
            }
            let kind = instances[key]!.take(value, condition, rule, now) {
                rule.alert(about: agent, value, sample.culprits(of: condition.metric), now)
            }
            settle(key, kind, now, &changes)
        }
        return changes
    }

    package mutating func observe(
        _ event: some AlertEvent, from source: AlertSource, of agent: AgentID, _ now: Now
    ) -> [AlertChange] {
        var changes: [AlertChange] = []
        for rule in bySource[source] ?? [] where rule.isAbout(agent) {
            guard case .events(let condition) = rule.rule.condition else { continue }
            counters.evaluations += 1
            let key = Key(rule: rule.rule.name, agent: agent)
            if rule.matches(event) {
                guard instances[key] != nil || makeInstance(key, rule, now) else { continue }
                let kind = instances[key]!.take(eventOf: condition, rule, now) {
                    rule.alert(about: agent, event, now)
                }
                settle(key, kind, now, &changes)
            } else if instances[key] != nil, rule.isClearedBy(event) {
                let kind = instances[key]!.clear(rule, now)
                settle(key, kind, now, &changes)
            }
        }
        return changes
    }

    private mutating func makeInstance(_ key: Key, _ rule: CompiledRule, _ now: Now) -> Bool {
        guard instances.count < Self.maximumInstances else {
            counters.refused += 1
            return false
        }
        instances[key] = AlertInstance(rule.rule, now.monotonic)
        return true
    }

    // MARK: - Time

    /// Once a second is often enough: what was pending for long enough fires, what has passed ends.
    package mutating func tick(_ now: Now) -> [AlertChange] {
        var changes = endSilences(now)
        let rules = self.rules
        changes += sweep(now) { key, instance in
            guard let rule = rules[key.rule], rule.rule.isEnabled else {
                guard let alert = instance.alert else { return nil }
                return instance.abandon(AlertRule(standingInFor: alert), now)
            }
            return instance.tick(rule, now)
        }
        return changes
    }

    private mutating func sweep(
        _ now: Now, _ body: (Key, inout AlertInstance) -> AlertChange.Kind?
    ) -> [AlertChange] {
        var changes: [AlertChange] = []
        for key in Array(instances.keys) {
            let kind = body(key, &instances[key]!)
            settle(key, kind, now, &changes)
        }
        return changes
    }

    /// Hands out what has become of an instance, and forgets it when nothing is left of it.
    private mutating func settle(_ key: Key, _ kind: AlertChange.Kind?, _ now: Now, _ changes: inout [AlertChange]) {
        if let kind, kind == .fired, let alert = instances[key]?.alert {
            instances[key]!.alert!.silence = silences.silence(for: alert, now)
        }
        if let kind, let alert = instances[key]?.alert {
            count(kind)
            changes.append(AlertChange(kind: kind, alert: alert))
            if let change = fleet.note(alert, now) {
                count(change.kind)
                changes.append(silenced(change, now))
            }
            instances[key]!.takeResolved()
        }
        if instances[key]?.isIdle(now.monotonic) == true { instances[key] = nil }
    }

    private func silenced(_ change: AlertChange, _ now: Now) -> AlertChange {
        var change = change
        change.alert.silence = silences.silence(for: change.alert, now)
        return change
    }

    private mutating func count(_ kind: AlertChange.Kind) {
        if kind == .fired { counters.fired += 1 }
        if kind == .resolved { counters.resolved += 1 }
    }

    // MARK: - People

    /// Pending and firing ones, oldest first.
    package var active: [Alert] {
        (instances.values.compactMap(\.alert) + fleet.active)
            .sorted { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
    }

    package func active(of agent: AgentID) -> [Alert] {
        ruleNames.compactMap { instances[Key(rule: $0, agent: agent)]?.alert }
    }

    /// - Returns: nil when no such alert is active.
    package mutating func acknowledge(_ id: AlertID, by person: String, _ now: Now) -> AlertChange? {
        if let change = fleet.acknowledge(id, by: person, now) { return change }
        guard let key = instances.first(where: { $0.value.alert?.id == id })?.key else { return nil }
        instances[key]!.alert!.acknowledgedBy = person
        instances[key]!.alert!.updatedAt = now.wall
        return AlertChange(kind: .acknowledged, alert: instances[key]!.alert!)
    }

    /// - Returns: false when there are as many silences as there may be.
    package mutating func add(_ silence: Silence, _ now: Now) -> Bool {
        guard silences.add(silence) else { return false }
        for key in instances.keys where instances[key]!.alert?.state == .firing {
            instances[key]!.alert!.silence = silences.silence(for: instances[key]!.alert!, now)
        }
        fleet.reconsider { silences.silence(for: $0, now) }
        return true
    }

    package var activeSilences: [Silence] { silences.all }

    /// Alerts that it kept quiet, and that still fire, are news now.
    /// - Returns: nil when there is no such silence.
    package mutating func removeSilence(_ id: SilenceID, _ now: Now) -> [AlertChange]? {
        silences.remove(id) ? reconsiderSilenced(now) : nil
    }

    private mutating func endSilences(_ now: Now) -> [AlertChange] {
        silences.removeEnded(now) ? reconsiderSilenced(now) : []
    }

    /// Alerts that no silence keeps quiet any more, and that still fire, are news now.
    private mutating func reconsiderSilenced(_ now: Now) -> [AlertChange] {
        var changes: [AlertChange] = []
        for key in Array(instances.keys) {
            guard let alert = instances[key]?.alert, let silence = alert.silence else { continue }
            let next = silences.silence(for: alert, now)
            guard next != silence else { continue }
            instances[key]!.alert!.silence = next
            if next == nil { changes.append(AlertChange(kind: .fired, alert: instances[key]!.alert!)) }
        }
        fleet.reconsider { silences.silence(for: $0, now) }
        return changes
    }
}
