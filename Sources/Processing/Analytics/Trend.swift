package import Model

package enum TrendDirection: String, Sendable { case rising, falling, flat }

/// Where a metric is going.
package struct MetricTrend: Sendable, Equatable {
    package var metric: MetricKey
    package var direction: TrendDirection
    /// In the unit of the metric.
    package var slopePerHour: Double
    /// Sen's 95 % interval of the slope.
    package var slopeInterval: ClosedRange<Double>
    /// How long a time the line is drawn through.
    package var windowSeconds: Int
    /// Of the direction, 0 … 1.
    package var confidence: Double
}

extension MetricTrend {
    /// The probability below which an order of points is not put down to chance.
    static let significance: Float = 0.05

    /// A metric rises or falls if its robust line is significant and has moved it by at least a third of the deviation
    /// that would be worth a word. The confidence is 1 − p then, and also if the move is certain but too small to
    /// matter; of a series that is flat because no order is seen in it, it is p.
    init(_ metric: MetricKey, _ line: RobustLine) {
        self.metric = metric
        slopePerHour = Double(line.slope) * 3_600
        slopeInterval = Double(line.lowestSlope) * 3_600...Double(max(line.lowestSlope, line.highestSlope)) * 3_600
        windowSeconds = Int(line.span)
        let smallest = Float(metric.traits.deviationFloor(around: Double(line.level))) / 3
        let isOrdered = line.probability < Self.significance
        let matters = abs(line.slope) * line.span >= smallest
        direction = isOrdered && matters ? (line.slope > 0 ? .rising : .falling) : .flat
        confidence = Double(isOrdered ? 1 - line.probability : line.probability)
    }
}
