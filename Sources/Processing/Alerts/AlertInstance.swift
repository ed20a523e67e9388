import Model

/// One rule on one host: nothing, pending, firing, or resting after its end.
struct AlertInstance: Sendable {
    /// Pending or firing; nil while it rests or only counts.
    var alert: Alert?
    /// When the condition began to hold.
    private var since = MonotonicTime(nanoseconds: 0)
    /// The end of the cooldown.
    private var restUntil: MonotonicTime?
    private(set) var lastSeen: MonotonicTime
    private var lastStored: MonotonicTime
    private var window: EventWindow?

    /// A new value of a firing alert is stored so often at most.
    private static let updateInterval: Milliseconds = 60_000
    /// Of a host that gives no values for so long nobody knows anything.
    static let staleAfter: Milliseconds = 15 * 60_000
    /// An alert about events that only time ends goes on for at least so long after the last one.
    private static let shortestWindow: Milliseconds = 60_000

    init(_ rule: AlertRule, _ now: MonotonicTime) {
        lastSeen = now
        lastStored = now
        if case .events = rule.condition { window = EventWindow(length: max(rule.hold, 1)) }
    }

    /// Taken over from an earlier life of the gateway.
    init(restoring alert: Alert, _ rule: AlertRule, _ now: MonotonicTime) {
        self.init(rule, now)
        self.alert = alert
        since = now
    }

    /// Nothing is lost by forgetting it.
    func isIdle(_ now: MonotonicTime) -> Bool {
        alert == nil && !isResting(now) && (window?.count ?? 0) == 0
    }

    private func isResting(_ now: MonotonicTime) -> Bool { restUntil.map { now < $0 } ?? false }

    private var isFiring: Bool { alert?.state == .firing }

    // MARK: - Metrics

    mutating func take(
        _ value: Double, _ condition: MetricCondition, _ rule: CompiledRule, _ now: Now, _ begin: () -> Alert
    ) -> AlertChange.Kind? {
        lastSeen = now.monotonic
        if isFiring {
            if condition.ends(at: value) { return resolve(value, rule.rule, now) }
            return update(value, now)
        }
        guard condition.begins(at: value) else {
            alert = nil
            return nil
        }
        if alert == nil {
            alert = begin()
            since = now.monotonic
        }
        alert!.value = value
        alert!.updatedAt = now.wall
        return fireIfDue(rule.rule, now)
    }

    private mutating func fireIfDue(_ rule: AlertRule, _ now: Now) -> AlertChange.Kind? {
        guard alert?.state == .pending, now.monotonic >= since + rule.hold, !isResting(now.monotonic) else {
            return nil
        }
        return fire(now)
    }

    private mutating func fire(_ now: Now) -> AlertChange.Kind {
        alert!.state = .firing
        alert!.updatedAt = now.wall
        lastStored = now.monotonic
        return .fired
    }

    private mutating func update(_ value: Double, _ now: Now) -> AlertChange.Kind? {
        alert!.value = value
        alert!.updatedAt = now.wall
        guard now.monotonic >= lastStored + Self.updateInterval else { return nil }
        lastStored = now.monotonic
        return .updated
    }

    private mutating func resolve(_ value: Double?, _ rule: AlertRule, _ now: Now) -> AlertChange.Kind {
        if let value { alert!.value = value }
        alert!.state = .resolved
        alert!.updatedAt = now.wall
        alert!.resolvedAt = now.wall
        restUntil = now.monotonic + rule.cooldown
        return .resolved
    }

    // MARK: - Events

    mutating func take(
        eventOf condition: EventCondition, _ rule: CompiledRule, _ now: Now, _ begin: () -> Alert
    ) -> AlertChange.Kind? {
        lastSeen = now.monotonic
        window?.add(now.monotonic)
        let count = Double(window?.count ?? 1)
        if isFiring { return update(count, now) }
        guard condition.comparison.holds(count, condition.threshold), !isResting(now.monotonic) else { return nil }
        alert = begin()
        alert!.value = count
        return fire(now)
    }

    /// An event that ends the alert.
    mutating func clear(_ rule: CompiledRule, _ now: Now) -> AlertChange.Kind? {
        guard isFiring else { return nil }
        return resolve(nil, rule.rule, now)
    }

    // MARK: - Time

    mutating func tick(_ rule: CompiledRule, _ now: Now) -> AlertChange.Kind? {
        window?.advance(to: now.monotonic)
        switch rule.rule.condition {
        case .metric:
            if now.monotonic >= lastSeen + Self.staleAfter { return endWithoutData(rule.rule, now) }
            return fireIfDue(rule.rule, now)
        case .events:
            let quietFor = max(rule.rule.hold, Self.shortestWindow)
            guard isFiring, !rule.endsByEvent, now.monotonic >= lastSeen + quietFor else { return nil }
            return resolve(nil, rule.rule, now)
        }
    }

    private mutating func endWithoutData(_ rule: AlertRule, _ now: Now) -> AlertChange.Kind? {
        guard isFiring else {
            alert = nil
            return nil
        }
        alert!.message += "; no data for 15 minutes"
        return resolve(nil, rule, now)
    }

    /// Its rule is gone.
    mutating func abandon(_ rule: AlertRule, _ now: Now) -> AlertChange.Kind? {
        guard isFiring else { return nil }
        alert!.message += "; its rule is no longer in force"
        return resolve(nil, rule, now)
    }

    /// The alert that has been resolved is handed out and forgotten here; the rest goes on.
    mutating func takeResolved() { if alert?.state == .resolved { alert = nil } }
}
