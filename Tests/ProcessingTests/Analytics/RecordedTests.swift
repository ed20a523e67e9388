import Model
import Testing

@testable import Processing

/// Series that the agent recorded on a host where programs were built and tested, with a few idle minutes between.
@Suite("Recorded series")
struct RecordedTests {
    @Test("35 minutes of a build host, every 5 s: anomalies in at most 0.15 % of the values, real zombies aside")
    func fiveSeconds() throws {
        let host = try replay("build-host-5s.csv")
        // Nobody did wrong, so each of them is counted as false. But one event is what an anomaly is meant to show: for
        // a minute somebody's tests left up to 69 zombies behind.
        let zombies = host.anomalies.filter { $0.1.metric == .processesZombie }
        #expect(!zombies.isEmpty && zombies.allSatisfy { 1_080...1_150 ~= $0.time })
        let others = host.anomalies.filter { $0.1.metric != .processesZombie }
        let rate = Double(others.count) / Double(host.samples * 14)
        #expect(rate <= 0.001_5, "\(others.map { ($0.time, $0.1.metric.name) })")
    }

    @Test("12 of these minutes, every second: anomalies in at most 0.2 % of the values")
    func oneSecond() throws {
        let host = try replay("build-host-1s.csv")
        let rate = Double(host.anomalies.count) / Double(host.samples * 14)
        #expect(rate <= 0.002, "\(host.anomalies.count)")
    }

    @Test("the memory of a host that builds is never predicted to run out")
    func noPrediction() throws {
        let host = Host()
        var predictions = 0
        for row in try RecordedSeries("build-host-5s.csv").rows {
            host.time = row.seconds
            host.feed(row.sample)
            predictions += host.result.predictedIssues.count
        }
        #expect(predictions == 0)
        #expect(host.result.risk.limitingResource == nil || host.result.risk.limitingResource == .cpu)
    }

    @Test("a leak of 20 GiB an hour on top of the recorded memory is found, and its end within a quarter of the time")
    func leakOnTop() throws {
        let host = Host()
        let rows = try RecordedSeries("build-host-5s.csv").rows
        for row in rows {
            var sample = row.sample
            guard let used = sample.values[.memoryUsed] else { continue }
            sample.values[.memoryUsed] = used + row.seconds / 3_600 * 20 * Host.gib
            host.time = row.seconds
            host.feed(sample)
        }
        let last = try #require(rows.last)
        let free = try #require(last.sample.values[.memoryTotal]) - #require(last.sample.values[.memoryUsed])
        let truth = (free / (20 * Host.gib) * 3_600) - last.seconds
        let eta = try #require(host.issue(.memory)).forecast.etaSeconds
        #expect(abs(eta - truth) < truth / 4, "\(eta) for \(truth)")
    }

    private func replay(_ name: String) throws -> Host {
        let host = Host()
        for row in try RecordedSeries(name).rows {
            host.time = row.seconds
            host.feed(row.sample)
        }
        return host
    }
}
