package import Model

/// Keeps health checks, and predicts from them too, since they come with nobody watching.
package struct HealthCheckProcessor: StreamProcessor {
    package static let info = ProcessorInfo(
        name: "health_check", reads: .health, requiredConfig: .defaults(for: .healthCheck),
        whenBehind: .newestCounts)

    /// Apart from that of the metrics, which counts in bytes: health checks know percentages only.
    private var analytics = AgentAnalytics()

    package init(agent: AgentID) {}

    package mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        guard case .health(let record) = observation else { return }
        context.keep(.health(record))
        let sample = record.metricSample
        let result = analytics.ingest(sample, at: context.now)
        context.emit(
            .healthAnalysis(HealthAnalysis(record: record, values: record.metricValues, risk: result.risk)))
    }
}

extension HealthRecord {
    var metricValues: MetricValues {
        var values = MetricValues()
        values[.cpuUsage] = cpuUsage
        values[.memoryUsage] = memoryUsage
        values[.diskUsage] = diskUsage
        values[.swapUsage] = swapUsage
        values[.load1] = load1
        values[.load5] = load5
        values[.load15] = load15
        return values
    }

    /// For the analytics, with percent in the place of bytes.
    fileprivate var metricSample: MetricSample {
        var sample = MetricSample(values: metricValues, coreCount: coreCount)
        sample.values[.memoryUsed] = memoryUsage
        sample.values[.memoryTotal] = memoryUsage.map { _ in 100 }
        sample.swap = swapUsage.map { Capacity(usedBytes: $0, totalBytes: 100) }
        if let diskUsage {
            sample.mounts = [
                MountUsage(path: diskMountPoint ?? "/", capacity: Capacity(usedBytes: diskUsage, totalBytes: 100))
            ]
        }
        return sample
    }
}
