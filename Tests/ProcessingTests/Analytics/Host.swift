import Model

@testable import Processing

/// A host whose metrics a test makes up, and the analytics that watch it.
final class Host {
    var analytics = AgentAnalytics()
    /// Seconds since the test began.
    var time: Double = 0
    /// Noon of a Monday, UTC.
    var wallStart: Int64 = 1_767_614_400_000
    var anomalies: [(time: Double, Anomaly)] = []
    var samples = 0

    static let gib = 1_073_741_824.0

    var now: Now {
        Now(
            monotonic: MonotonicTime(nanoseconds: UInt64((1_000 + time) * 1e9)),
            wall: WallTime(millisecondsSince1970: wallStart + Int64(time * 1_000)))
    }

    /// Feeds a sample for each `interval` seconds of `duration`; `make` gets the time since the test began.
    func run(
        _ duration: Double, every interval: Double = 5, _ make: (Double) -> MetricSample
    ) {
        let end = time + duration
        while time < end {
            feed(make(time))
            time += interval
        }
    }

    func feed(_ sample: MetricSample) {
        let before = analytics.counters.samples
        let result = analytics.ingest(sample, at: now)
        guard analytics.counters.samples > before else { return }
        samples += 1
        anomalies += result.anomalies.map { (time, $0) }
    }

    var result: AnalyticsResult { analytics.result }

    func trend(_ metric: MetricKey) -> MetricTrend? { result.trends.first { $0.metric == metric } }

    func issue(_ resource: Resource) -> PredictedIssue? {
        result.predictedIssues.first { $0.resource == resource }
    }
}

extension MetricSample {
    /// One metric.
    static func only(_ metric: MetricKey, _ value: Double) -> MetricSample {
        var sample = MetricSample()
        sample.values[metric] = value
        return sample
    }

    /// Memory used, in GiB of 16.
    static func memory(_ used: Double) -> MetricSample {
        var sample = MetricSample()
        sample.values[.memoryUsed] = used * Host.gib
        sample.values[.memoryTotal] = 16 * Host.gib
        sample.values[.memoryUsage] = used / 16 * 100
        return sample
    }

    /// A disk used, in GiB of 100.
    static func disk(_ used: Double, path: String = "/var") -> MetricSample {
        var sample = only(.diskUsage, min(100, used))
        sample.mounts = [
            MountUsage(path: path, capacity: Capacity(usedBytes: used * Host.gib, totalBytes: 100 * Host.gib))
        ]
        return sample
    }
}
