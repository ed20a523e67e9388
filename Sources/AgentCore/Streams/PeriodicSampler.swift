import Model
import Reactor

/// Calls a body on a `SampleSchedule`, the first time at once. Stops when it is let go. Loop's thread only.
final class PeriodicSampler {
    private var schedule: SampleSchedule
    private let take: () -> Void
    private var timer: LoopTimer?

    /// - Throws: for an interval that is not allowed.
    init(loop: EventLoop, interval: Milliseconds, _ take: @escaping () -> Void) throws(StreamRejection) {
        schedule = SampleSchedule(interval: try Self.checked(interval), now: .now)
        self.take = take
        timer = LoopTimer(loop: loop) { [unowned self] in fire() }  // unowned: the timer ends with this object
        restart()
    }

    var interval: Milliseconds { schedule.interval }

    /// The next sample comes when it was due or after the new interval, whichever is sooner.
    func update(interval: Milliseconds) throws(StreamRejection) {
        schedule.update(interval: try Self.checked(interval), now: .now)
        restart()
    }

    private func fire() {
        schedule.sampled(now: .now)
        restart()
        take()
    }

    private func restart() { timer?.start(after: .milliseconds(schedule.delay(now: .now))) }

    private static func checked(_ interval: Milliseconds) throws(StreamRejection) -> Milliseconds {
        guard SampleSchedule.allowedIntervals.contains(interval) else {
            throw StreamRejection(code: .failed, message: "an interval of \(interval) ms is not allowed")
        }
        return interval
    }
}
