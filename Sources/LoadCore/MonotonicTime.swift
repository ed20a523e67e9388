import Glibc

/// Nanoseconds of CLOCK_MONOTONIC, the clock of all measurements here; and of the clock of the wall, for what others
/// read.
enum MonotonicTime {
    static var now: UInt64 { read(CLOCK_MONOTONIC) }
    static var unixNanoseconds: UInt64 { read(CLOCK_REALTIME) }

    static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
