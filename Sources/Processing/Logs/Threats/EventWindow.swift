/// When something happened last: enough to tell whether it happened so many times within so long.
struct EventWindow: Sendable {
    /// Milliseconds, the last ones, at most as many as the threshold.
    private var times: [Int64] = []
    private var next = 0
    private var reportedAt: Int64?
    /// Hashes of what was different, at most 64.
    private var different: [UInt64] = []
    private var differentSince: Int64 = 0
    /// Since the last quiet window.
    private(set) var total = 0
    /// Of the last event, for those that tell apart what belongs together.
    var session: UInt64 = 0

    private static let maximumDifferent = 64

    /// - Returns: how many happened within `window` milliseconds up to `now`, at most `threshold`.
    mutating func add(at now: Int64, within window: Int64, threshold: Int, count: Int = 1) -> Int {
        if self.count(at: now, within: window) == 0 { total = 0 }
        total += count
        for _ in 0..<min(count, threshold) {
            if times.count < threshold {
                times.append(now)
            } else {
                times[next % threshold] = now
                next = (next + 1) % threshold
            }
        }
        return self.count(at: now, within: window)
    }

    func count(at now: Int64, within window: Int64) -> Int {
        times.count { now - $0 <= window }
    }

    /// - Returns: how many different values were added within `window`, at most 64.
    mutating func addDifferent(_ value: UInt64, at now: Int64, within window: Int64) -> Int {
        if now - differentSince > window {
            different.removeAll(keepingCapacity: true)
            differentSince = now
        }
        if different.count < Self.maximumDifferent, !different.contains(value) { different.append(value) }
        return different.count
    }

    /// True at most once within `pause` milliseconds, so that what goes on is not told with every line.
    mutating func mayReport(at now: Int64, pause: Int64) -> Bool {
        if let reportedAt, now - reportedAt < pause { return false }
        reportedAt = now
        return true
    }
}
