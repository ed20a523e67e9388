import Glibc

/// A straight line through points with outliers, and how far it can be trusted.
///
/// - **Slope**: the median of the slopes of all pairs (H. Theil: "A rank-invariant method of linear and polynomial
///   regression analysis", 1950; P. Sen: "Estimates of the regression coefficient based on Kendall's tau", JASA 63,
///   1968). Up to 29 % of the points may be anywhere.
/// - **Significance**: the Mann–Kendall test, two-sided, on Kendall's S (H. Mann: "Nonparametric tests against trend",
///   Econometrica 13, 1945), normal approximation with continuity correction. Points that follow each other are alike
///   and look like a trend; so the variance of S is multiplied by (1 + ρ) / (1 − ρ), ρ being the lag-1 autocorrelation
///   of the residuals (S. Yue, C. Wang: "The Mann–Kendall test modified by effective sample size", Water Resources
///   Management 18, 2004).
/// - **Interval of the slope**: Sen's, 95 %, from the same variance.
///
/// O(n²) for n points; n is at most 48 here.
struct RobustLine: Sendable, Equatable {
    /// Per second.
    var slope: Float
    /// Sen's interval, per second.
    var lowestSlope: Float
    var highestSlope: Float
    /// The level at `referenceTime`: the median of the points, each moved there along the line.
    var level: Float
    /// Seconds: the time of the first point.
    var referenceTime: Double
    /// Seconds between the first point and the last.
    var span: Float
    /// Kendall's tau, −1 … 1.
    var tau: Float
    /// The probability of such an order if there were no trend.
    var probability: Float
    /// 1.4826 · median of the absolute residuals: their standard deviation if they are normal.
    var scatter: Float

    /// Fewer points say nothing: even a perfect order would not be significant.
    static let fewestPoints = 6
    static let mostPoints = 48

    /// The line's value at a time.
    func value(at time: Double) -> Float { level + slope * Float(time - referenceTime) }

    /// How much of what the points do the line explains: 1 − scatter / (what it climbs or falls over its span), 0 … 1.
    var quality: Float {
        let change = abs(slope) * span
        return change > 0 ? max(0, 1 - scatter / change) : 0
    }

    /// Nil of fewer than `fewestPoints`.
    /// - Parameters:
    ///   - times: seconds, ascending.
    ///   - values: as many, finite.
    init?(times: [Double], values: [Float]) {
        let count = min(times.count, values.count)
        guard count >= Self.fewestPoints, count <= Self.mostPoints, times[count - 1] > times[0] else { return nil }
        referenceTime = times[0]
        span = Float(times[count - 1] - times[0])
        let offsets = times.prefix(count).map { [first = times[0]] in Float($0 - first) }

        let pairs = count * (count - 1) / 2
        var rises = 0
        var slopes = [Float](unsafeUninitializedCapacity: pairs) { buffer, initialized in
            rises = Self.pairSlopes(offsets, values, into: buffer)
            initialized = pairs
        }
        let slope = slopes.orderStatistic(pairs / 2)
        var residuals = (0..<count).map { values[$0] - slope * offsets[$0] }
        let correlation = Self.lagOneCorrelation(residuals, negligible: 1e-3 * abs(slope) * span)
        let level = residuals.orderStatistic(count / 2)
        for index in 0..<count { residuals[index] = abs(residuals[index] - level) }
        (self.slope, self.level) = (slope, level)
        scatter = 1.4826 * residuals.orderStatistic(count / 2)

        tau = Float(rises) / Float(pairs)
        let deviation = Self.deviationOfS(count, correlation)
        probability = Float(erfc((Double(max(0, abs(rises) - 1)) / deviation) / 2.0.squareRoot()))
        let reach = Int(1.96 * deviation)
        lowestSlope = slopes.orderStatistic(max(0, (pairs - reach) / 2))
        highestSlope = slopes.orderStatistic(min(pairs - 1, (pairs + reach) / 2))
    }

    /// Writes the slope of each pair of points, and returns Kendall's S: rising pairs less falling ones.
    private static func pairSlopes(
        _ offsets: [Float], _ values: [Float], into slopes: UnsafeMutableBufferPointer<Float>
    ) -> Int {
        var rises = 0
        var index = 0
        for later in 1..<offsets.count {
            for earlier in 0..<later {
                let rise = values[later] - values[earlier]
                rises += (rise > 0 ? 1 : 0) - (rise < 0 ? 1 : 0)
                slopes[index] = rise / max(offsets[later] - offsets[earlier], 1e-3)
                index += 1
            }
        }
        return rises
    }

    /// The standard deviation of S for `count` points without a trend.
    private static func deviationOfS(_ count: Int, _ correlation: Float) -> Double {
        let n = Double(count)
        let independent = n * (n - 1) * (2 * n + 5) / 18
        let inflation = Double((1 + correlation) / (1 - correlation))
        return (independent * min(max(1, inflation), n / 3)).squareRoot()
    }

    /// 0 … 0.95. Alternation, below 0, would make the test more certain than it is without.
    /// - Parameter negligible: the standard deviation up to which residuals are rounding, and not looked at.
    private static func lagOneCorrelation(_ residuals: [Float], negligible: Float) -> Float {
        let mean = residuals.reduce(0, +) / Float(residuals.count)
        var previous: Float = 0
        var products: Float = 0
        var squares: Float = 0
        for residual in residuals {
            let distance = residual - mean
            products += distance * previous
            squares += distance * distance
            previous = distance
        }
        return squares > Float(residuals.count) * negligible * negligible ? min(max(0, products / squares), 0.95) : 0
    }
}

extension [Float] {
    /// The value that would be at `rank` if they were sorted; reorders them. C. Hoare's "Find", CACM 4, 1961: O(n).
    mutating func orderStatistic(_ rank: Int) -> Float {
        withUnsafeMutableBufferPointer { values in
            var low = 0
            var high = values.count - 1
            while low < high {
                let pivot = values[(low + high) / 2]
                var left = low
                var right = high
                while left <= right {
                    while values[left] < pivot { left += 1 }
                    while values[right] > pivot { right -= 1 }
                    if left <= right {
                        values.swapAt(left, right)
                        left += 1
                        right -= 1
                    }
                }
                if rank <= right { high = right } else if rank >= left { low = left } else { break }
            }
            return values[rank]
        }
    }
}
