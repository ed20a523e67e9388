import Model
import TestSupport
import Testing

@testable import Webhooks

@Suite("The queue of one webhook") struct WebhookQueueTests {
    typealias Queue = WebhookQueue<SeededGenerator>

    private static func queue(_ change: (inout WebhookLimits) -> Void = { _ in }) -> Queue {
        var limits = WebhookLimits()
        change(&limits)
        return Queue(url: "http://receiver/", limits: limits, generator: SeededGenerator(7))
    }

    /// What the queue wants to have sent now.
    private static func sent(_ queue: inout Queue, _ now: Now) throws -> WebhookNotification {
        guard case .send(let notification) = queue.next(now) else {
            throw Failure(description: "nothing to send at \(now.monotonic.nanoseconds / 1_000_000) ms")
        }
        return notification
    }

    private static let failure = WebhookOutcome.failed(reason: "answered 500", retryAfter: 0)

    // MARK: - Grouping

    @Test("a burst of one rule waits for company and becomes one notification")
    func grouping() throws {
        var queue = Self.queue()
        queue.add([alert(1)], at(0))
        queue.add([alert(2), alert(3)], at(999))
        #expect(queue.next(at(999)) == .wait(until: at(1_000).monotonic))
        let notification = try Self.sent(&queue, at(1_000))
        #expect(notification.alerts == [alert(1), alert(2), alert(3)])
        #expect(notification.rule == "high_cpu" && notification.attempts == 1)
        #expect(queue.next(at(1_000)) == .rest)
        queue.finished(.delivered, at(1_001))
        #expect(queue.next(at(1_001)) == .rest)
        #expect(queue.counters.delivered == 1 && queue.counters.waiting == 0)
    }

    @Test("rules do not share a notification")
    func rules() throws {
        var queue = Self.queue()
        queue.add([alert(1, rule: "a"), alert(1, rule: "b"), alert(2, rule: "a")], at(0))
        let first = try Self.sent(&queue, at(1_000))
        queue.finished(.delivered, at(1_000))
        let second = try Self.sent(&queue, at(1_000))
        #expect(first.alerts == [alert(1, rule: "a"), alert(2, rule: "a")])
        #expect(second.alerts == [alert(1, rule: "b")])
        #expect(first.id != second.id)
    }

    @Test("a full notification leaves at once, and what is too much for it makes another")
    func full() throws {
        var queue = Self.queue { $0.alerts = 3 }
        queue.add((1...4).map { alert($0) }, at(0))
        #expect(try Self.sent(&queue, at(0)).alerts.count == 3)
        queue.finished(.delivered, at(0))
        #expect(queue.next(at(0)) == .wait(until: at(1_000).monotonic))
        #expect(try Self.sent(&queue, at(1_000)).alerts == [alert(4)])
    }

    @Test("an alert that ends while its beginning waits is told once, as ended")
    func merging() throws {
        var queue = Self.queue()
        queue.add([alert(1), alert(2)], at(0))
        queue.add([alert(1, .resolved)], at(500))
        #expect(try Self.sent(&queue, at(1_000)).alerts == [alert(1, .resolved), alert(2)])
        #expect(queue.counters.merged == 1)
    }

    @Test("what a receiver may have already does not change: later alerts make another notification, behind it")
    func noChangeAfterAnAttempt() throws {
        var queue = Self.queue()
        queue.add([alert(1)], at(0))
        let first = try Self.sent(&queue, at(1_000))
        queue.add([alert(1, .resolved)], at(1_000))
        queue.finished(Self.failure, at(1_001))
        queue.add([alert(2)], at(1_002))
        let again = try Self.sent(&queue, at(10_000))
        #expect(again.id == first.id && again.alerts == first.alerts && again.attempts == 2)
        queue.finished(.delivered, at(10_000))
        #expect(try Self.sent(&queue, at(10_000)).alerts == [alert(1, .resolved), alert(2)])
    }

    // MARK: - Retries

    @Test("after a failure the whole URL is quiet for a while, within the ceiling of the backoff")
    func quiet() throws {
        var queue = Self.queue()
        queue.add([alert(rule: "a"), alert(rule: "b")], at(0))
        _ = try Self.sent(&queue, at(1_000))
        queue.finished(Self.failure, at(1_000))
        guard case .wait(let time) = queue.next(at(1_000)) else {
            Issue.record("it asks again at once")
            return
        }
        #expect(time.milliseconds(since: at(1_000).monotonic) <= 1_000)
        #expect(queue.counters.failedAttempts == 1)
    }

    @Test("Retry-After is kept, up to an hour")
    func retryAfter() throws {
        var queue = Self.queue()
        queue.add([alert()], at(0))
        _ = try Self.sent(&queue, at(1_000))
        queue.finished(.failed(reason: "answered 429", retryAfter: 90_000), at(1_000))
        #expect(queue.next(at(90_999)) == .wait(until: at(91_000).monotonic))
        _ = try Self.sent(&queue, at(91_000))
        queue.finished(.failed(reason: "answered 503", retryAfter: 86_400_000), at(91_000))
        #expect(queue.next(at(91_000)) == .wait(until: at(91_000 + 3_600_000).monotonic))
    }

    @Test("what a receiver chokes on does not hold up other rules")
    func poison() throws {
        var queue = Self.queue()
        queue.add([alert(rule: "poison"), alert(rule: "fine")], at(0))
        var now = 1_000
        var delivered: [String] = []
        for _ in 0..<20 {
            now += 1_001  // beyond what one failure keeps the URL quiet for
            guard case .send(let notification) = queue.next(at(now)) else { continue }
            if notification.rule == "poison" {
                queue.finished(Self.failure, at(now))
            } else {
                queue.finished(.delivered, at(now))
                delivered.append(notification.rule)
            }
        }
        #expect(delivered == ["fine"])
        #expect(queue.pending.map(\.rule) == ["poison"])
    }

    @Test("what is refused is not repeated")
    func refusal() throws {
        var queue = Self.queue()
        queue.add([alert()], at(0))
        _ = try Self.sent(&queue, at(1_000))
        queue.finished(.refused(status: 400), at(1_000))
        #expect(queue.next(at(1_000)) == .rest)
        #expect(queue.counters.droppedRefused == 1)
    }

    @Test("what could not be delivered for a day is given up")
    func expiry() throws {
        var queue = Self.queue()
        queue.add([alert()], at(0))
        _ = try Self.sent(&queue, at(1_000))
        queue.finished(Self.failure, at(1_000))
        let day = 24 * 3_600_000
        _ = try Self.sent(&queue, at(day - 1))
        queue.finished(Self.failure, at(day - 1))
        #expect(queue.next(at(day)) == .rest)
        #expect(queue.counters.droppedExpired == 1 && queue.pending.isEmpty)
    }

    @Test("an attempt that this gateway ended stays in the queue and counts as no failure")
    func cancelled() throws {
        var queue = Self.queue()
        queue.add([alert()], at(0))
        let notification = try Self.sent(&queue, at(1_000))
        queue.finished(.cancelled, at(1_001))
        #expect(queue.pending == [notification])
        #expect(queue.counters.failedAttempts == 0)
    }

    // MARK: - Bounds

    @Test("beyond the bound the oldest goes, but for the one under way, and is counted")
    func bound() throws {
        var queue = Self.queue { $0.notifications = 3 }
        queue.add([alert(rule: "r0")], at(0))
        let underWay = try Self.sent(&queue, at(1_000))
        queue.add((1...5).map { alert(rule: "r\($0)") }, at(1_000))
        #expect(queue.pending.map(\.rule) == ["r0", "r4", "r5"])
        #expect(queue.counters.droppedFull == 3 && queue.counters.waiting == 3)
        #expect(queue.pending[0] == underWay)
    }

    @Test("the alerts that wait are bounded, too, however few notifications they make")
    func alertBound() throws {
        var queue = Self.queue {
            $0.alerts = 4
            $0.alertsInAll = 10
        }
        queue.add((1...9).map { alert($0) }, at(0))
        #expect(queue.pending.map(\.alerts.count) == [4, 4, 1])
        queue.add([alert(10), alert(11)], at(0))
        #expect(queue.pending.map(\.alerts.count) == [4, 3])
        #expect(queue.counters.droppedFull == 1)
    }

    @Test("rules that take turns in one burst keep to their own notifications")
    func turns() throws {
        var queue = Self.queue { $0.alerts = 2 }
        queue.add((1...6).map { alert($0, rule: $0.isMultiple(of: 2) ? "even" : "odd") }, at(0))
        #expect(queue.pending.map(\.rule) == ["odd", "even", "odd", "even"])
        #expect(queue.pending.map { $0.alerts.map(\.id.text) }.last == ["alr_even_6"])
    }

    // MARK: - Over a restart

    @Test("what is restored is due at once, in front, as often tried as it was, and once only")
    func restoring() throws {
        var queue = Self.queue()
        queue.add([alert(rule: "new")], at(0))
        let old = WebhookNotification(
            id: WebhookDeliveryID("dlv_1"), url: "http://receiver/", rule: "old", alerts: [alert(rule: "old")],
            createdAt: at(0).wall, attempts: 4)
        queue.restore([old], at(0))
        queue.restore([old], at(0))
        #expect(queue.pending.map(\.rule) == ["old", "new"])
        let again = try Self.sent(&queue, at(0))
        #expect(again.id == old.id && again.attempts == 5)
    }

    @Test("in a hurry nothing waits for company, and what failed is still put off")
    func hurry() throws {
        var queue = Self.queue()
        queue.add([alert(rule: "failed")], at(0))
        _ = try Self.sent(&queue, at(1_000))
        queue.finished(.failed(reason: "answered 503", retryAfter: 5_000), at(1_000))
        queue.hurry(at(1_000))
        #expect(queue.next(at(1_000)) == .wait(until: at(6_000).monotonic))

        var fresh = Self.queue()
        fresh.add([alert()], at(0))
        fresh.hurry(at(1))
        _ = try Self.sent(&fresh, at(1))
    }

    // MARK: - Anything

    /// A receiver that fails, refuses and is away as chance will have it: every alert is delivered or counted as given
    /// up, in order for each rule, and no attempt comes while another is under way or the URL is to be left alone.
    @Test("whatever a receiver does, nothing is lost, repeated or reordered within a rule", arguments: [seed()])
    func anything(seed: UInt64) throws {
        var chance = SeededGenerator(seed)
        var queue = Self.queue { $0.lifetime = .max / 2 }
        var submitted: [String: [AlertID]] = [:]
        var delivered: [String: [AlertID]] = [:]
        var refused = 0
        var attempted: [WebhookDeliveryID: [Alert]] = [:]
        var now = 0
        for number in 0..<3_000 {
            now += Int.random(in: 0...400, using: &chance)
            if number < 2_000 {
                let new = alert(number, rule: "r\(Int.random(in: 0..<5, using: &chance))")
                submitted[new.rule, default: []].append(new.id)
                queue.add([new], at(now))
            } else {
                now += 400_000
            }
            guard case .send(let notification) = queue.next(at(now)) else { continue }
            #expect(queue.next(at(now)) == .rest)
            #expect(attempted[notification.id, default: notification.alerts] == notification.alerts)
            attempted[notification.id] = notification.alerts
            if chance.chance(0.5) {
                let retryAfter = Int.random(in: 0...3_000, using: &chance)
                queue.finished(.failed(reason: "", retryAfter: retryAfter), at(now))
                if retryAfter > 0 { #expect(queue.next(at(now + retryAfter - 1)) != .send(notification)) }
            } else if chance.chance(0.05) {
                refused += notification.alerts.count
                let ids = Set(notification.alerts.map(\.id))
                submitted[notification.rule]?.removeAll { ids.contains($0) }
                queue.finished(.refused(status: 400), at(now))
            } else {
                delivered[notification.rule, default: []] += notification.alerts.map(\.id)
                queue.finished(.delivered, at(now))
            }
        }
        #expect(queue.pending.isEmpty)
        #expect(delivered == submitted)
        #expect(refused > 0)
    }

    // MARK: - What is kept

    /// What somebody has who carries out all changes.
    private static func kept(_ changes: [WebhookChange]) -> [WebhookNotification] {
        changes.reduce(into: []) { kept, change in
            switch change {
            case .opened(let notification): kept.append(notification)
            case .put(let alert, let position, let id):
                guard let index = kept.firstIndex(where: { $0.id == id }) else { return }
                if position == kept[index].alerts.count { kept[index].alerts.append(alert) }
                kept[index].alerts[position] = alert
            case .removed(let id): kept.removeAll { $0.id == id }
            }
        }
    }

    @Test("the changes make the same of nothing as what waits, whatever happens", arguments: 1...20)
    func changes(seed: UInt64) throws {
        var chance = SeededGenerator(seed)
        var queue = Self.queue {
            $0.alerts = 3
            $0.notifications = 5
            $0.lifetime = 60_000
        }
        var changes: [WebhookChange] = []
        for step in 1...300 {
            let now = at(step * 400)
            switch Int.random(in: 0..<4, using: &chance) {
            case 0, 1:
                let alerts = (0..<Int.random(in: 1...4, using: &chance)).map { _ in
                    alert(
                        .random(in: 1...6, using: &chance), rule: ["a", "b"].randomElement(using: &chance) ?? "a",
                        Bool.random(using: &chance) ? .firing : .resolved)
                }
                queue.add(alerts, now)
            default:
                guard case .send = queue.next(now) else { break }
                let outcomes = [Self.failure, .delivered, .refused(status: 400)]
                queue.finished(outcomes.randomElement(using: &chance) ?? .delivered, now)
            }
            changes += queue.takeChanges()
            let waiting = queue.pending.map { notification in
                var untried = notification
                untried.attempts = 0
                return untried
            }
            #expect(Self.kept(changes) == waiting, "step \(step)")
        }
        #expect(queue.takeChanges().isEmpty)
    }

    @Test("what is restored may have been sent before: nothing joins it, and it is removed like others")
    func restoredStaysAsItIs() throws {
        var queue = Self.queue()
        let waited = WebhookNotification(
            id: WebhookDeliveryID("dlv_1"), url: "http://receiver/", rule: "high_cpu", alerts: [alert(1)],
            createdAt: at(0).wall)
        queue.restore([waited], at(0))
        queue.add([alert(1, .resolved)], at(0))
        #expect(queue.pending.map(\.alerts) == [[alert(1)], [alert(1, .resolved)]])
        _ = queue.takeChanges()
        #expect(try Self.sent(&queue, at(0)).id == waited.id)
        queue.finished(.delivered, at(1))
        #expect(queue.takeChanges() == [.removed(waited.id)])
    }
}
