import Model

/// At most `count` in a window of time; what is left out is counted for the next that is let through. A value without a
/// clock.
struct RateLimit {
    let count: Int
    let window: Milliseconds
    private var windowStart: MonotonicTime?
    private var taken = 0
    private var suppressed = 0

    init(count: Int, window: Milliseconds) {
        self.count = count
        self.window = window
    }

    /// May this one pass? Then the answer is how many did not since the last that did; else nil.
    mutating func take(now: MonotonicTime) -> Int? {
        if windowStart.map({ now.milliseconds(since: $0) >= window }) ?? true {
            windowStart = now
            taken = 0
        }
        guard taken < count else {
            suppressed += 1
            return nil
        }
        taken += 1
        defer { suppressed = 0 }
        return suppressed
    }
}
