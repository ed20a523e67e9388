package import Model

/// Everything the analytics know of one agent. A value without a clock: it is owned and fed by one thread, and the same
/// samples at the same times give the same results.
///
/// Intervals are taken from the monotonic clock, so a clock that is set does not disturb them; the wall clock only says
/// the hour of the day. Samples may come at any interval and with gaps: those less than five seconds apart are averaged
/// and analysed together (`SampleBin`); in between the last result stands.
///
/// Bounded: `byteCount`, 21 KB with two mounts, 34 KB with the 16 that there may be at most.
package struct AgentAnalytics: Sendable {
    /// Seconds between samples above which there was a gap.
    package static let longestInterval: Double = 90
    /// Seconds between two values that a baseline learns. 64 of them are 21 minutes.
    static let learningInterval: Double = 20
    /// What timers are late by, in seconds.
    private static let lateness = 0.5

    package private(set) var counters = AnalyticsCounters()
    /// Of the last sample that was analysed.
    package private(set) var result = AnalyticsResult()

    private var baselines = Array(repeating: MetricBaseline(), count: MetricKey.watched.count)
    private var trends = FittedBoard(pointWidth: 150, capacity: 24, seriesCount: MetricKey.watched.count)
    private var resources = ResourceTracker()
    private var growth = ProcessGrowth()
    private var bin = SampleBin()
    /// Seconds of the monotonic clock.
    private var lastSampleAt: Double?
    private var lastAnalysisAt: Double?
    private var lastLearnedAt: Double?

    package init() {}

    /// What it holds, in bytes, without the texts and lists of the last result.
    package var byteCount: Int {
        MemoryLayout<Self>.stride + baselines.capacity * MemoryLayout<MetricBaseline>.stride + trends.byteCount
            + resources.byteCount + growth.byteCount
    }

    /// Takes in a sample.
    /// - Parameter now: when it was received. One that is not later than the one before is ignored.
    @discardableResult
    package mutating func ingest(_ sample: MetricSample, at now: Now) -> AnalyticsResult {
        let time = Double(now.monotonic.nanoseconds) / 1e9
        counters.refusedValues += Int(sample.values.refused)
        guard !sample.values.isEmpty || !sample.mounts.isEmpty, lastSampleAt.map({ time > $0 }) ?? true else {
            counters.ignoredSamples += 1
            return result
        }
        counters.samples += 1
        if let lastSampleAt, time - lastSampleAt > Self.longestInterval {
            counters.gaps += 1
            bin = SampleBin()
        }
        lastSampleAt = time
        bin.add(sample.values)
        let elapsed = lastAnalysisAt.map { time - $0 } ?? SampleBin.width
        guard elapsed >= SampleBin.width else { return result }
        lastAnalysisAt = time
        analyse(sample.bounded, bin.take(), at: time, elapsed: elapsed, hour: now.wall.hourOfDay)
        return result
    }

    private mutating func analyse(
        _ sample: MetricSample, _ values: MetricValues, at time: Double, elapsed: Double, hour: Int
    ) {
        var new = AnalyticsResult()
        new.topProcesses = sample.topProcesses
        new.containers = sample.containers
        new.anomalies = compareWithUsual(values, at: time, hour: hour)
        let usual = summarizeBaselines(into: &new)
        advanceTrends(values, at: time, elapsed: elapsed, sample.topProcesses)
        new.trends = MetricKey.watched.indices.compactMap { index in
            trends.line(index).map { MetricTrend(MetricKey.watched[index], $0) }
        }
        resources.observe(
            memory: values.memory, swap: sample.swap, mounts: sample.mounts, at: time, elapsed: elapsed)
        counters.droppedMountValues = resources.droppedMountValues
        assessResources(values, usual: usual, at: time, into: &new)
        new.recommendations = RecommendationRule.recommendations(
            RecommendationFacts(
                sample: sample, values: values, issues: new.predictedIssues, trends: new.trends, growth: growth,
                usual: usual))
        result = new
    }

    private mutating func compareWithUsual(_ values: MetricValues, at time: Double, hour: Int) -> [Anomaly] {
        let learns = lastLearnedAt.map { time - $0 >= Self.learningInterval - Self.lateness } ?? true
        if learns { lastLearnedAt = time }
        var anomalies: [Anomaly] = []
        for (index, metric) in MetricKey.watched.enumerated() {
            guard let value = values[metric] else { continue }
            let expected = Double(baselines[index].expected)
            let score = baselines[index].observe(
                Float(value), at: time, hour: hour, learns: learns, metric.traits)
            guard let score else { continue }
            anomalies.append(Anomaly(metric: metric, value: value, expected: expected, score: Double(score)))
        }
        return anomalies
    }

    /// - Returns: the medians.
    private func summarizeBaselines(into result: inout AnalyticsResult) -> MetricValues {
        var usual = MetricValues()
        result.baseline.reserveCapacity(baselines.count)
        for (index, metric) in MetricKey.watched.enumerated() where baselines[index].isWarm {
            let range = baselines[index].usualRange(metric.traits)
            let expected = Double(baselines[index].expected)
            usual.setValid(metric, expected)
            result.baseline.append(
                MetricBaselineSummary(
                    metric: metric, expected: expected, usual: Double(range.lowerBound)...Double(range.upperBound)))
        }
        return usual
    }

    private mutating func advanceTrends(
        _ values: MetricValues, at time: Double, elapsed: Double, _ processes: [ProcessUsage]
    ) {
        for (index, metric) in MetricKey.watched.enumerated() {
            if let value = values[metric] { trends.add(value, to: index) }
        }
        if trends.advance(to: time, elapsed: elapsed) { growth.observe(processes, at: time) }
    }

    private func assessResources(
        _ values: MetricValues, usual: MetricValues, at time: Double, into result: inout AnalyticsResult
    ) {
        func isUnusual(_ resource: Resource) -> Bool {
            result.anomalies.contains { $0.metric == resource.metric && $0.value > $0.expected }
        }
        resources.forEach(at: time) { resource, capacity, forecast in
            guard let used = capacity.fraction else { return }
            let risk = RiskAssessment.risk(
                of: resource, usedFraction: used, forecast, isUnusual: isUnusual(resource))
            result.risk.include(resource, risk: risk, forecast)
            if let forecast { result.predictedIssues.append(PredictedIssue(resource, risk: risk, forecast)) }
        }
        if let busy = usual[.cpuUsage] {
            let risk = RiskAssessment.risk(
                of: .cpu, usedFraction: busy / 100, nil, isUnusual: isUnusual(.cpu))
            result.risk.include(.cpu, risk: risk, nil)
        }
        result.predictedIssues.sort { $0.risk > $1.risk }
    }
}

extension WallTime {
    /// 0 … 23, UTC.
    var hourOfDay: Int {
        let day: Int64 = 86_400_000
        let time = millisecondsSince1970 % day
        return Int((time < 0 ? time + day : time) / 3_600_000)
    }
}
