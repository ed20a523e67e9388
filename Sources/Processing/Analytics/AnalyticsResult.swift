package import Model

/// What is usual for a metric.
package struct MetricBaselineSummary: Sendable, Equatable {
    package var metric: MetricKey
    /// The running median.
    package var expected: Double
    /// Values outside are anomalies.
    package var usual: ClosedRange<Double>
}

/// A value far from what is usual.
package struct Anomaly: Sendable, Equatable {
    package var metric: MetricKey
    package var value: Double
    package var expected: Double
    /// How far, in robust standard deviations: `MetricBaseline`; at least 6.
    package var score: Double
}

/// What is known of a host after a sample.
package struct AnalyticsResult: Sendable {
    /// Of the metrics that have been seen for long enough.
    package var baseline: [MetricBaselineSummary] = []
    package var anomalies: [Anomaly] = []
    /// Of the metrics that have been seen for long enough.
    package var trends: [MetricTrend] = []
    /// The most urgent first.
    package var predictedIssues: [PredictedIssue] = []
    package var recommendations: [Recommendation] = []
    package var risk = RiskAssessment()
    /// As in the sample.
    package var topProcesses: [ProcessUsage] = []
    package var containers: [ContainerUsage] = []

    package init() {}
}

/// What was not taken of what came in.
package struct AnalyticsCounters: Sendable, Equatable {
    package var samples = 0
    /// Samples without any value, or not later than the one before.
    package var ignoredSamples = 0
    /// Values that no host can have: not finite, negative, above 100 %.
    package var refusedValues = 0
    /// Times in which nothing came for longer than `AgentAnalytics.longestInterval`.
    package var gaps = 0
    /// Values of mounts beyond those that are followed.
    package var droppedMountValues = 0
}
