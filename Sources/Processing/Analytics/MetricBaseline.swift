import Model

/// What is usual for one metric of one agent, and how far a value is from it.
///
/// **Score.** `|x − m| / s`, where m is the median of the window and s a robust scale of the side on which x lies: the
/// largest of
/// - 1.4826 · MAD (F. Hampel: "The influence curve and its role in robust estimation", JASA 69, 1974): the standard
///   deviation if the values are normal,
/// - (q₉₀ − m) / 1.2816 and (q₉₇.₅ − m) / 1.96, or the same below: equal to it if they are normal, larger if they are
///   skewed or come in bursts, as rates of disks and networks do. So a burst that comes every minute is usual,
/// - the smallest deviation that interests anybody, divided by `threshold`, so that a flat series is silent.
///
/// While the window is short, s is enlarged by the factor 1 + 8 / n: its quantiles are little more than guesses.
///
/// **Learning.** A value is learned every `AgentAnalytics.learningInterval`. One that is unusual is set aside: learning
/// it at once would hide what it announces. It is learned when it is over, so that what keeps coming back becomes usual.
/// A new level that stays for `adoptionTime` is the new normal: the window starts over.
struct MetricBaseline: Sendable {
    /// The score from which a value is an anomaly.
    static let threshold: Float = 6
    /// Values to learn before anything is called unusual: five minutes of them.
    static let warmUp = 16
    /// Seconds.
    static let adoptionTime: Double = 600
    /// How many values an unusual run leaves behind at most: enough to move the outer quantile, too few for the median.
    private static let mostLearnedOfRun = 4

    private var window = SortedWindow()
    private var season = SeasonalEnvelope()
    private var run: UnusualRun?
    /// The median.
    private(set) var expected: Float = 0
    private var scaleAbove: Float = 0
    private var scaleBelow: Float = 0

    private struct UnusualRun: Sendable {
        var since: Double
        var sum: Float = 0
        var count: Float = 0
    }

    var isWarm: Bool { window.count >= Self.warmUp }

    /// The range that is usual; meaningless unless warm.
    func usualRange(_ traits: MetricTraits) -> ClosedRange<Float> {
        let floor = scaleFloor(traits)
        let low = expected - Self.threshold * max(scaleBelow, floor)
        let high = expected + Self.threshold * max(scaleAbove, floor)
        return max(low, Float(traits.range.lowerBound))...min(max(low, high), Float(traits.range.upperBound))
    }

    /// Judges a value, and learns from it if `learns`.
    /// - Parameters:
    ///   - time: seconds of the monotonic clock.
    ///   - hour: of the day, 0 … 23, UTC.
    /// - Returns: its score if it is an anomaly.
    mutating func observe(_ value: Float, at time: Double, hour: Int, learns: Bool, _ traits: MetricTraits) -> Float? {
        let score = isWarm ? self.score(value, traits) : 0
        let floor = Float(traits.deviationFloor(around: Double(expected)))
        let isAnomaly =
            score >= Self.threshold && !season.isUsual(value, hour: hour, margin: floor / 2)
        if isAnomaly { extendRun(value, at: time, learns) } else { endRun() }
        if learns {
            season.learn(value, hour: hour)
            if !isAnomaly { learn(value) }
        }
        return isAnomaly ? score : nil
    }

    /// How far a value is from the usual, in robust standard deviations of its side.
    func score(_ value: Float, _ traits: MetricTraits) -> Float {
        let deviation = value - expected
        let scale = max(deviation > 0 ? scaleAbove : scaleBelow, scaleFloor(traits))
        return abs(deviation) / scale
    }

    private func scaleFloor(_ traits: MetricTraits) -> Float {
        Float(traits.deviationFloor(around: Double(expected))) / Self.threshold
    }

    private mutating func extendRun(_ value: Float, at time: Double, _ learns: Bool) {
        var current = run ?? UnusualRun(since: time)
        if learns {
            current.sum += value
            current.count += 1
        }
        run = current
        guard time - current.since >= Self.adoptionTime else { return }
        window.removeAll()
        run = nil
    }

    private mutating func endRun() {
        guard let ended = run else { return }
        run = nil
        for _ in 0..<min(Int(ended.count), Self.mostLearnedOfRun) { learn(ended.sum / ended.count) }
    }

    private mutating func learn(_ value: Float) {
        window.insert(value)
        let spread = window.spread
        let short = 1 + 8 / Float(window.count)
        expected = spread.median
        scaleAbove = max(spread.normal, spread.above) * short
        scaleBelow = max(spread.normal, spread.below) * short
    }
}
