package import Model

/// Tells when a host's errors come much faster than they usually do.
///
/// Errors are counted in periods of 10 s. The baseline is an exponentially weighted mean of the completed minutes
/// before (half of it is forgotten in about 10 minutes). A burst begins when the last minute has at least `minimum`
/// errors and at least `factor` times the baseline, and ends when it has less than half of what began it.
package struct ErrorRate: Sendable {
    package enum Change: Sendable, Equatable {
        /// `expected` is the baseline per minute.
        case began(errorsPerMinute: Int, expected: Double)
        case ended
    }

    private static let period: Int64 = 10_000
    private static let periods = 6
    /// Per period of 10 s: 0.5 ^ (1 / 60).
    private static let memory = 0.988514

    private let minimum: Int
    private let factor: Double
    private var counts = [Int](repeating: 0, count: periods)
    private var latest: Int64?
    /// Errors per period, before the last minute.
    private var mean = 0.0
    private var threshold: Double?

    package init(minimum: Int = 20, factor: Double = 5) {
        self.minimum = minimum
        self.factor = factor
    }

    package var isBurst: Bool { threshold != nil }
    package var errorsPerMinute: Int { counts.reduce(0, +) }
    package var baselinePerMinute: Double { mean * Double(Self.periods) }

    /// Call it for each line at or above ERROR.
    package mutating func addError(now: WallTime) -> Change? {
        advance(to: now)
        counts[Int((latest ?? 0) % Int64(Self.periods))] += 1
        return judge()
    }

    /// Call it from time to time, so that a burst can end in silence.
    package mutating func tick(now: WallTime) -> Change? {
        guard latest != nil else { return nil }
        advance(to: now)
        return judge()
    }

    private mutating func judge() -> Change? {
        let errors = Double(errorsPerMinute)
        if let threshold {
            guard errors < threshold / 2 else { return nil }
            self.threshold = nil
            return .ended
        }
        let expected = baselinePerMinute
        let limit = max(Double(minimum), expected * factor)
        guard errors >= limit else { return nil }
        threshold = limit
        return .began(errorsPerMinute: errorsPerMinute, expected: expected)
    }

    private mutating func advance(to now: WallTime) {
        let period = max(now.millisecondsSince1970, 0) / Self.period
        guard let latest else { return self.latest = period }
        guard period > latest else { return }
        // After an hour of silence there is nothing left to remember.
        for passed in (latest + 1...period).prefix(360) {
            let index = Int(passed % Int64(Self.periods))
            mean = mean * Self.memory + Double(counts[index]) * (1 - Self.memory)
            counts[index] = 0
        }
        if period - latest > 360 { mean = 0 }
        self.latest = period
    }
}
