/// When the samples of one periodic stream of one host are due. Times are of CLOCK_MONOTONIC in nanoseconds.
struct SampleClock: Equatable {
    /// What the gateway calls the stream now; nil: it does not want it.
    private(set) var reference: UInt32?
    private var interval: UInt64 = 0
    private var next: UInt64 = 0

    /// The first sample is due at once; a new interval counts from the last sample.
    mutating func set(reference: UInt32, milliseconds: UInt32, now: UInt64) {
        let newer = UInt64(max(1, milliseconds)) * 1_000_000
        if self.reference == nil {
            next = now
        } else if newer != interval {
            next = max(now, next - min(next, interval) + newer)
        }
        self.reference = reference
        interval = newer
    }

    mutating func stop() { reference = nil }

    /// Is a sample due? Then the next one is an interval later; those that were missed are left out.
    mutating func take(at now: UInt64) -> Bool {
        guard reference != nil, now >= next else { return false }
        next += interval
        if next <= now { next = now + interval }
        return true
    }
}
