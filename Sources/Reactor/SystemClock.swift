import CReactor

/// The two clocks of the system as plain numbers. Any thread.
package enum SystemClock {
    /// Nanoseconds of CLOCK_MONOTONIC: for intervals.
    package static var monotonicNanoseconds: UInt64 { sr_monotonic_ns() }
    /// Milliseconds since 1970: for what people and other machines read.
    package static var wallMilliseconds: UInt64 { sr_wall_ms() }
}

extension Duration {
    /// Rounded up, so that a wait is never shorter than asked for; 0 for negative durations.
    package var wholeMilliseconds: UInt64 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        let rounded = (attoseconds + attosecondsPerMillisecond - 1) / attosecondsPerMillisecond
        return UInt64(seconds) * 1000 + UInt64(rounded)
    }
}
