import Glibc
import Model
import Reactor

/// Nanoseconds since 1970, as the protocol has times.
func unixNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

extension MonotonicTime {
    static var now: MonotonicTime { MonotonicTime(nanoseconds: SystemClock.monotonicNanoseconds) }

    /// Goes on while the host sleeps: a gateway that was not heard of meanwhile has given this agent up. Not to be
    /// compared with `now`.
    static var sinceBoot: MonotonicTime { MonotonicTime(nanoseconds: nanosecondsSinceBoot()) }
}
