import Model

/// Averages what comes faster than it is analysed, so that the cost per agent and what is usual of it do not depend on how
/// often somebody wants to see its metrics. Samples as far apart as that, or further, pass through unchanged.
struct SampleBin: Sendable {
    /// Seconds: the default interval of metrics, less what timers are late by.
    static let width = 4.5

    private var sums = InlineArray<23, Double>(repeating: 0)
    private var counts = InlineArray<23, UInt16>(repeating: 0)

    mutating func add(_ values: MetricValues) {
        for key in MetricKey.all {
            guard let value = values[key], counts[key.rawValue] < .max else { continue }
            sums[key.rawValue] += value
            counts[key.rawValue] += 1
        }
    }

    /// The averages; starts anew.
    mutating func take() -> MetricValues {
        var averages = MetricValues()
        for key in MetricKey.all where counts[key.rawValue] > 0 {
            averages.setValid(key, sums[key.rawValue] / Double(counts[key.rawValue]))
        }
        self = SampleBin()
        return averages
    }
}
