import Glibc

/// Notices that the time of day was set. A value without a clock.
struct ClockWatch {
    /// Smaller corrections are everyday.
    static let threshold: Int64 = 5_000_000_000

    /// Time of day less time since boot, at the last look.
    private var difference: Int64?

    /// Both in nanoseconds, time asleep included.
    mutating func look(unix: UInt64, sinceBoot: UInt64) -> HostEvent? {
        let new = Int64(bitPattern: unix &- sinceBoot)
        defer { difference = new }
        guard let difference, abs(new - difference) > Self.threshold else { return nil }
        let tenths = (new - difference) / 100_000_000
        let seconds = "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
        return HostEvent(
            kind: .clockJump, severity: .warning,
            message:
                "the clock was set \(tenths < 0 ? "back" : "forward") by \(abs(tenths) / 10).\(abs(tenths) % 10) s",
            attributes: [("seconds", seconds)])
    }
}
