import Model
import Reactor

/// What waits for one URL, and when it is to be tried: pure, without I/O and without a clock.
///
/// One attempt at a time. Notifications of one rule are delivered in their order; those of another rule overtake one
/// that fails, so that what a receiver chokes on holds up nothing else. A failure also keeps the whole URL quiet for a
/// while, so that a receiver that is away is not asked for each of them.
struct WebhookQueue<Generator: RandomNumberGenerator> {
    /// What to do next.
    enum Step: Equatable {
        /// Try this, and report to `finished`. The value is as it is sent, this attempt counted.
        case send(WebhookNotification)
        case wait(until: MonotonicTime)
        /// Nothing waits, or an attempt is under way.
        case rest
    }

    private struct Entry {
        var notification: WebhookNotification
        var due: MonotonicTime
    }

    private let url: String
    private let limits: WebhookLimits
    private var generator: Generator
    /// In the order of their creation.
    private var entries: [Entry] = []
    private var underWay: WebhookDeliveryID?
    private var failuresInARow = 0
    private var quietUntil = MonotonicTime(nanoseconds: 0)
    private var counts = WebhookCounters()
    private var changes: [WebhookChange] = []

    init(url: String, limits: WebhookLimits, generator: Generator) {
        self.url = url
        self.limits = limits
        self.generator = generator
    }

    var counters: WebhookCounters {
        var counters = counts
        counters.waiting = entries.count
        return counters
    }

    /// What is not delivered yet, the notification under way included.
    var pending: [WebhookNotification] { entries.map(\.notification) }

    /// What has changed in `pending` since it was last asked, but for attempts: those are not worth a write each.
    mutating func takeChanges() -> [WebhookChange] {
        defer { changes = [] }
        return changes
    }
}

// MARK: - In

extension WebhookQueue {
    mutating func add(_ alerts: [Alert], _ now: Now) {
        // The place of the newest notification of each rule, looked up once: many alerts may come at a time.
        var newest: [String: Int] = [:]
        for alert in alerts {
            counts.alerts += 1
            let index = newest[alert.rule] ?? entries.lastIndex { $0.notification.rule == alert.rule }
            if let index, join(alert, to: index, now) {
                newest[alert.rule] = index
            } else {
                open(alert, now)
                newest[alert.rule] = entries.count - 1
            }
        }
        bound()
    }

    /// Takes over what an earlier gateway did not deliver. Whether it tried is not known, so the receiver may have them:
    /// no alert joins them any more.
    mutating func restore(_ notifications: [WebhookNotification], _ now: Now) {
        let known = Set(entries.map(\.notification.id))
        let older = notifications.filter { !known.contains($0.id) }.map { notification in
            var entry = Entry(notification: notification, due: now.monotonic)
            entry.notification.attempts = max(1, notification.attempts)
            return entry
        }
        entries.insert(contentsOf: older, at: 0)
        bound()
    }

    /// What waits for company waits no longer.
    mutating func hurry(_ now: Now) {
        for index in entries.indices where isOpen(entries[index]) { entries[index].due = now.monotonic }
    }

    /// If no attempt was made to send that notification, and there is room in it.
    private mutating func join(_ alert: Alert, to index: Int, _ now: Now) -> Bool {
        guard isOpen(entries[index]) else { return false }
        let id = entries[index].notification.id
        let count = entries[index].notification.alerts.count
        if let earlier = entries[index].notification.alerts.firstIndex(where: { $0.id == alert.id }) {
            entries[index].notification.alerts[earlier] = alert
            changes.append(.put(alert, at: earlier, in: id))
            counts.merged += 1
            return true
        }
        guard count < limits.alerts else { return false }
        entries[index].notification.alerts.append(alert)
        changes.append(.put(alert, at: count, in: id))
        if count + 1 == limits.alerts { entries[index].due = now.monotonic }
        return true
    }

    private func isOpen(_ entry: Entry) -> Bool { entry.notification.attempts == 0 }

    private mutating func open(_ alert: Alert, _ now: Now) {
        var notification = WebhookNotification(
            id: newID(), url: url, rule: alert.rule, alerts: [], createdAt: now.wall)
        changes.append(.opened(notification))
        notification.alerts.append(alert)
        changes.append(.put(alert, at: 0, in: notification.id))
        entries.append(Entry(notification: notification, due: now.monotonic + limits.groupWait))
    }

    private mutating func newID() -> WebhookDeliveryID {
        let bits = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return WebhookDeliveryID("dlv_\(Secrets.hex(bits))")
    }

    /// The oldest go, but for the one under way.
    private mutating func bound() {
        var excess = entries.count - limits.notifications
        var excessAlerts = entries.reduce(-limits.alertsInAll) { $0 + $1.notification.alerts.count }
        let spared = underWay
        counts.droppedFull += remove { notification in
            guard excess > 0 || excessAlerts > 0, notification.id != spared else { return false }
            excess -= 1
            excessAlerts -= notification.alerts.count
            return true
        }
    }

    /// How many were.
    private mutating func remove(where isOver: (WebhookNotification) -> Bool) -> UInt64 {
        let count = entries.count
        entries.removeAll { entry in
            guard isOver(entry.notification) else { return false }
            changes.append(.removed(entry.notification.id))
            return true
        }
        return UInt64(count - entries.count)
    }
}

// MARK: - Out

extension WebhookQueue {
    mutating func next(_ now: Now) -> Step {
        guard underWay == nil else { return .rest }
        expire(now)
        guard !entries.isEmpty else { return .rest }
        guard quietUntil <= now.monotonic else { return .wait(until: quietUntil) }
        let candidates = firstOfEachRule()
        if let index = candidates.first(where: { entries[$0].due <= now.monotonic }) { return send(index) }
        return candidates.map { entries[$0].due }.min().map { .wait(until: $0) } ?? .rest
    }

    mutating func finished(_ outcome: WebhookOutcome, _ now: Now) {
        guard let id = underWay, let index = entries.firstIndex(where: { $0.notification.id == id }) else { return }
        underWay = nil
        switch outcome {
        case .delivered:
            counts.delivered += 1
            leave(index)
        case .refused:
            counts.droppedRefused += 1
            leave(index)
        case .failed(_, let retryAfter):
            counts.failedAttempts += 1
            putOff(index, retryAfter, now)
        case .cancelled: break
        }
    }

    private mutating func expire(_ now: Now) {
        let lifetime = limits.lifetime
        counts.droppedExpired += remove { $0.createdAt + lifetime <= now.wall }
    }

    private func firstOfEachRule() -> [Int] {
        var rules: Set<String> = []
        return entries.indices.filter { rules.insert(entries[$0].notification.rule).inserted }
    }

    private mutating func send(_ index: Int) -> Step {
        counts.attempts += 1
        entries[index].notification.attempts += 1
        underWay = entries[index].notification.id
        return .send(entries[index].notification)
    }

    /// Whatever it said, the receiver is there.
    private mutating func leave(_ index: Int) {
        changes.append(.removed(entries.remove(at: index).notification.id))
        failuresInARow = 0
    }

    private mutating func putOff(_ index: Int, _ retryAfter: Milliseconds, _ now: Now) {
        failuresInARow += 1
        let backoff = limits.backoff
        let ofURL = backoff.delay(afterFailures: failuresInARow, retryAfter: retryAfter, using: &generator)
        let attempts = entries[index].notification.attempts
        let ofThis = backoff.delay(afterFailures: attempts, retryAfter: retryAfter, using: &generator)
        quietUntil = now.monotonic + ofURL
        entries[index].due = now.monotonic + ofThis
    }
}
