import Dispatch
import Logging
import Model
import Reactor
import Synchronization

/// Delivers to one URL: a queue under a lock, and a serial dispatch queue on which the attempts block, so that no URL
/// waits for another and nobody who submits waits for any.
final class WebhookWorker: Sendable {
    private struct State {
        var queue: WebhookQueue<SystemRandomNumberGenerator>
        var health = WebhookHealth()
        /// A pass is on its way or running; it goes on until there is nothing to try now.
        var isPassImminent = false
        /// When the next pass comes by itself. A timer for later may exist too; it finds nothing to do.
        var wakesAt: MonotonicTime?
        /// No more attempts begin.
        var isClosed = false
    }

    let url: WebhookURL
    private let state: Mutex<State>
    private let passes = DispatchQueue(label: "sluice.webhook", qos: .utility)
    private let sender: WebhookSender
    private let log: Logger
    private let keep: @Sendable ([WebhookChange]) -> Void

    init(
        _ url: WebhookURL, _ settings: WebhookSettings, _ log: Logger,
        keep: @escaping @Sendable ([WebhookChange]) -> Void
    ) {
        self.url = url
        self.keep = keep
        sender = WebhookSender(settings)
        self.log = log
        let queue = WebhookQueue(url: url.text, limits: settings.limits, generator: SystemRandomNumberGenerator())
        state = Mutex(State(queue: queue))
    }

    var counters: WebhookCounters { state.withLock { $0.queue.counters } }
    var pending: [WebhookNotification] { state.withLock { $0.queue.pending } }

    func submit(_ alerts: [Alert]) {
        state.withLock { state in
            state.queue.add(alerts, .current)
            keepChanges(&state)
            schedulePass(&state)
        }
    }

    func restore(_ notifications: [WebhookNotification]) {
        state.withLock { state in
            state.queue.restore(notifications, .current)
            keepChanges(&state)
            schedulePass(&state)
        }
    }

    /// Under the lock, so that they are kept in their order.
    private func keepChanges(_ state: inout State) {
        let changes = state.queue.takeChanges()
        if !changes.isEmpty { keep(changes) }
    }

    /// Tries what waits for company or for its turn, and nothing that failed before its time; returns when that is done
    /// or, at the latest a second or so after `limit`, given up. What is submitted later only waits.
    func close(within limit: Milliseconds) async {
        state.withLock { $0.queue.hurry(.current) }
        let giveUp = DispatchWorkItem {
            self.state.withLock { $0.isClosed = true }
            self.sender.cancel()
        }
        let clock = DispatchQueue(label: "sluice.webhook.close")
        clock.asyncAfter(deadline: .now() + .milliseconds(limit), execute: giveUp)
        await withCheckedContinuation { continuation in
            // Behind the pass that may be running now.
            passes.async {
                self.pass()
                self.state.withLock { $0.isClosed = true }
                continuation.resume()
            }
        }
        giveUp.cancel()
    }

    // MARK: - When

    private func schedulePass(_ state: inout State) {
        guard !state.isPassImminent, !state.isClosed else { return }
        state.isPassImminent = true
        passes.async { self.pass() }
    }

    /// There is no timer that could be cancelled: one that became superfluous wakes for nothing, once.
    private func scheduleWake(at time: MonotonicTime, _ state: inout State) {
        if let earlier = state.wakesAt, earlier <= time { return }
        state.wakesAt = time
        // Rounded up: a wake that came early would only ask for another.
        let delay = time.milliseconds(since: Now.current.monotonic) + 1
        passes.asyncAfter(deadline: .now() + .milliseconds(delay)) { [weak self] in self?.wake(at: time) }
    }

    private func wake(at time: MonotonicTime) {
        state.withLock { state in
            if state.wakesAt == time { state.wakesAt = nil }
            state.isPassImminent = true
        }
        pass()
    }

    // MARK: - Passes, on their queue

    private func pass() {
        while let notification = take() {
            let outcome = sender.send(notification, at: Now.current.wall)
            let notice = state.withLock { state in
                state.queue.finished(outcome, .current)
                keepChanges(&state)
                return state.health.note(outcome)
            }
            if let notice { report(notice) }
        }
    }

    /// Nil when there is nothing to try now; then whatever changes that schedules a pass.
    private func take() -> WebhookNotification? {
        state.withLock { state in
            if !state.isClosed {
                let step = state.queue.next(.current)
                keepChanges(&state)
                switch step {
                case .send(let notification): return notification
                case .wait(let time): scheduleWake(at: time, &state)
                case .rest: break
                }
            }
            state.isPassImminent = false
            return nil
        }
    }

    private func report(_ notice: WebhookHealth.Notice) {
        switch notice {
        case .failing(let reason):
            log.warning("a webhook fails; it is tried again", metadata: ["host": "\(url.origin)", "why": "\(reason)"])
        case .refusing(let status):
            log.error(
                "a webhook refuses notifications; they are not repeated",
                metadata: ["host": "\(url.origin)", "status": "\(status)"])
        case .recovered: log.notice("a webhook is well again", metadata: ["host": "\(url.origin)"])
        }
    }
}

extension Now {
    fileprivate static var current: Now {
        Now(
            monotonic: MonotonicTime(nanoseconds: SystemClock.monotonicNanoseconds),
            wall: WallTime(millisecondsSince1970: Int64(SystemClock.wallMilliseconds)))
    }
}
