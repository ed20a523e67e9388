/// One sample of an agent as it is kept for its history.
package struct MetricPoint: Sendable, Equatable {
    package var agent: AgentID
    package var time: WallTime
    package var values: MetricValues

    package init(agent: AgentID, time: WallTime, values: MetricValues) {
        self.agent = agent
        self.time = time
        self.values = values
    }
}

package struct MetricsHistoryQuery: Sendable, Equatable {
    package var agent: AgentID
    package var start: WallTime
    /// Not part of it; after `start`.
    package var end: WallTime
    package var maxPoints: Int
    /// Nil: all.
    package var metrics: Set<MetricKey>?

    package static let maxPointsRange = 1...10_000
    package static let defaultMaxPoints = 500

    package init(
        agent: AgentID, start: WallTime, end: WallTime, maxPoints: Int = defaultMaxPoints,
        metrics: Set<MetricKey>? = nil
    ) {
        self.agent = agent
        self.start = start
        self.end = end
        self.maxPoints = maxPoints
        self.metrics = metrics
    }
}

package struct MetricsHistory: Sendable, Equatable {
    /// Length of the stretch that a point stands for.
    package var resolution: Milliseconds
    /// Ordered by time; a stretch without samples has no point.
    package var points: [RollUp]
    /// The oldest of what was asked for is not kept any more in as fine a resolution as `resolution`, or not at all.
    package var isTruncated: Bool

    package init(resolution: Milliseconds, points: [RollUp], isTruncated: Bool) {
        self.resolution = resolution
        self.points = points
        self.isTruncated = isTruncated
    }
}
