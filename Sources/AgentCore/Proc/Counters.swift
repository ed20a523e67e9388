/// What has been added to a counter of the kernel between two readings; 0 when it went backwards (the device was
/// replaced, the counter wrapped or was reset), which is less wrong than a huge rate.
@inline(__always)
func growth(from earlier: UInt64, to later: UInt64) -> UInt64 {
    later > earlier ? later - earlier : 0
}

/// `part` of `whole` in percent, 0 to 100, to two decimals; nil when `whole` is nothing.
///
/// Two decimals are more than any of the counters behind it is good for, and half the bytes of an event.
func percent(_ part: Double, of whole: Double) -> Double? {
    guard whole > 0 else { return nil }
    return (min(max(part / whole, 0), 1) * 10_000).rounded() / 100
}

/// The growth of a counter per second, in units that are `factor` of the counter's.
func perSecond(_ growth: UInt64, over nanoseconds: UInt64, times factor: UInt64 = 1) -> UInt64 {
    let rate = (Double(growth) * Double(factor) * 1e9 / Double(max(nanoseconds, 1))).rounded()
    return rate < 0x1p63 ? UInt64(rate) : UInt64(Int64.max)
}

/// A time between two readings; too short a one gives no useful rate.
enum RateWindow {
    /// Two samples closer than this share the rates of the first: kernel counters advance in steps (CPU time in ticks of
    /// 10 ms), so a shorter time would show noise.
    static let shortest: UInt64 = 40_000_000
}
