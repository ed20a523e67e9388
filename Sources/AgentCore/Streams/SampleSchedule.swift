import Model

/// When a periodic stream takes its samples. A value without a clock.
struct SampleSchedule {
    static let allowedIntervals: ClosedRange<Milliseconds> = 100...3_600_000

    private(set) var interval: Milliseconds
    /// The time of the next sample: at first the time of the start.
    private(set) var due: MonotonicTime

    init(interval: Milliseconds, now: MonotonicTime) {
        self.interval = interval
        due = now
    }

    /// Milliseconds until the next sample, rounded up so that a timer does not fire just before it.
    func delay(now: MonotonicTime) -> Milliseconds {
        due > now ? Milliseconds((due.nanoseconds - now.nanoseconds + 999_999) / 1_000_000) : 0
    }

    /// A sample has been taken. The next one keeps to the grid of the interval; those that were missed are not made up.
    mutating func sampled(now: MonotonicTime) {
        let step = UInt64(interval) * 1_000_000
        let late = now > due ? now.nanoseconds - due.nanoseconds : 0
        due.nanoseconds += (late / step + 1) * step
    }

    /// A new interval for a stream that goes on: the next sample comes when it was due or after the new interval,
    /// whichever is sooner.
    mutating func update(interval: Milliseconds, now: MonotonicTime) {
        self.interval = interval
        due = min(due, now + interval)
    }
}
