import Model

/// How many of something happened in each of the last twelve periods of five minutes.
struct RecentCounts: Sendable {
    static let period: Int64 = 300_000
    private static let periods: Int64 = 12

    private var counts = [UInt32](repeating: 0, count: Int(periods))
    /// The period, counted from 1970, that was counted in last.
    private var latest: Int64 = 0

    mutating func add(at time: WallTime) {
        let period = time.millisecondsSince1970 / Self.period
        advance(to: period)
        // What comes late is counted where it belongs, as long as that is kept.
        guard latest - period < Self.periods, period >= 0 else { return }
        counts[Int(period % Self.periods)] &+= 1
    }

    mutating func add(_ other: RecentCounts) {
        advance(to: other.latest)
        for age in 0..<Self.periods {
            let period = latest - age
            guard period >= 0 else { return }
            counts[Int(period % Self.periods)] &+= other.count(in: period)
        }
    }

    /// Within `window` before `now`, at most an hour, to the period.
    func total(within window: Milliseconds, before now: WallTime) -> Int {
        let last = now.millisecondsSince1970 / Self.period
        let first = (now.millisecondsSince1970 - Int64(window)) / Self.period
        return (max(first, last - Self.periods + 1)...max(last, first)).reduce(0) { $0 + Int(count(in: $1)) }
    }

    private func count(in period: Int64) -> UInt32 {
        period >= 0 && period <= latest && latest - period < Self.periods ? counts[Int(period % Self.periods)] : 0
    }

    private mutating func advance(to period: Int64) {
        guard period > latest else { return }
        if period - latest >= Self.periods {
            for index in counts.indices { counts[index] = 0 }
        } else {
            for passed in latest + 1...period { counts[Int(passed % Self.periods)] = 0 }
        }
        latest = period
    }
}
