/// When a resource will be used up.
package struct ExhaustionForecast: Sendable, Equatable {
    /// From now; 0 if it is used up.
    package var etaSeconds: Double
    /// With the steepest and the flattest slope of Sen's interval, from twice the scatter above and below the line.
    package var earliestSeconds: Double
    package var latestSeconds: Double
    /// 0 … 1.
    package var confidence: Double
    /// How well the line fits, 0 … 1: `RobustLine.quality`.
    package var quality: Double
}

extension ExhaustionForecast {
    /// No line is believed for longer than that many times the time it was seen for …
    static let longestExtrapolation: Double = 4
    /// … nor further than a week.
    static let horizon: Double = 7 * 86_400
    /// A line that explains less is none.
    static let poorestQuality: Float = 0.85
    /// Of the capacity: less than that is no movement.
    static let smallestRise: Float = 0.002

    /// The robust line, drawn on until it meets the capacity.
    ///
    /// Nil — nothing is predicted — unless the line rises for certain (Mann–Kendall, p < 0.05, Sen's interval above 0),
    /// explains the points (quality ≥ 0.85), still holds (the present is not below it by more than three times its
    /// scatter and a tenth of its rise), is no tooth of a saw (`Swing`), and meets the capacity within the horizon.
    ///
    /// Confidence = (1 − p) · quality · (1 − ½ · eta / horizon).
    static func predict(
        used: Double, capacity: Double, along line: RobustLine, swing: Swing, at now: Double
    ) -> ExhaustionForecast? {
        let climbed = line.slope * line.span
        guard line.probability < MetricTrend.significance, line.lowestSlope > 0,
            climbed >= smallestRise * Float(capacity), line.quality >= poorestQuality,
            Double(line.value(at: now)) - used <= Double(3 * line.scatter + climbed / 10),
            !swing.isSawtooth(tolerance: 2 * line.scatter)
        else { return nil }
        let left = max(0, capacity - max(used, Double(line.value(at: now))))
        let horizon = min(Self.horizon, longestExtrapolation * Double(line.span))
        let eta = left / Double(line.slope)
        guard eta <= horizon else { return nil }
        let spread = Double(2 * line.scatter)
        let trust = Double(1 - line.probability) * Double(line.quality)
        return ExhaustionForecast(
            etaSeconds: eta, earliestSeconds: max(0, left - spread) / Double(line.highestSlope),
            latestSeconds: (left + spread) / Double(line.lowestSlope), confidence: trust * (1 - eta / horizon / 2),
            quality: Double(line.quality))
    }
}
