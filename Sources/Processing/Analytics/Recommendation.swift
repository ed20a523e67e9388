import Model

package enum RecommendationSeverity: String, Sendable { case info, warning, critical }

/// Something for a person to do.
package struct Recommendation: Sendable, Equatable {
    /// The rule, and what it is about where there can be several: `disk_exhaustion:/var`.
    package var id: String
    package var severity: RecommendationSeverity
    package var title: String
    /// What to do, and to what.
    package var action: String
    /// The figures behind it.
    package var because: String
}

/// What recommendations are made from.
struct RecommendationFacts {
    var sample: MetricSample
    /// Averaged over some seconds, unlike the sample's own.
    var values: MetricValues
    var issues: [PredictedIssue]
    var trends: [MetricTrend]
    var growth: ProcessGrowth
    /// The running medians of the metrics that have been seen for long enough, by `MetricKey.rawValue`.
    var usual: MetricValues
}

extension RecommendationFacts {
    /// `java (pid 31, 3.5 GiB)` and so on.
    var largestProcesses: String {
        let largest = sample.topProcesses.sorted { $0.memoryBytes > $1.memoryBytes }.prefix(3)
        return Self.list(largest.map { "\($0.name) (pid \($0.pid), \(ShortText.bytes($0.memoryBytes)))" })
    }

    var busiestProcesses: String {
        let busiest = sample.topProcesses.sorted { $0.cpuPercent > $1.cpuPercent }.prefix(3)
        return Self.list(busiest.map { "\($0.name) (pid \($0.pid), \(ShortText.number($0.cpuPercent)) % CPU)" })
    }

    /// Those that have grown, where any did so visibly; the largest otherwise.
    var memoryCulprits: String {
        let grown = growth.grown(by: max(64e6, 0.005 * (values.memory?.totalBytes ?? 0)), atMost: 3)
        guard !grown.isEmpty else { return largestProcesses }
        return Self.list(
            grown.map {
                "\($0.process.name) (pid \($0.process.pid), \(ShortText.bytes($0.process.memoryBytes)), "
                    + "\(ShortText.bytes($0.growth)) more than when first seen)"
            })
    }

    func trend(_ metric: MetricKey) -> MetricTrend? { trends.first { $0.metric == metric } }

    func issue(_ resource: Resource) -> PredictedIssue? { issues.first { $0.resource == resource } }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "the largest processes" : names.joined(separator: ", ")
    }
}
