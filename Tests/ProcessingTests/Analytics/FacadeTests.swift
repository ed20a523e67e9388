import Model
import Testing

@testable import Processing

@Suite("Analytics of one agent")
struct FacadeTests {
    /// Every metric, noisy; two mounts, swap, ten processes.
    private func full(_ random: inout SeededNoise) -> MetricSample {
        var sample = MetricSample()
        for key in MetricKey.allCases { sample.values[key] = 20 + random.normal() }
        sample.values[.memoryTotal] = 16 * Host.gib
        sample.values[.memoryUsed] = 8 * Host.gib
        sample.mounts = ["/", "/var"].map {
            MountUsage(path: $0, capacity: Capacity(usedBytes: 40 * Host.gib, totalBytes: 100 * Host.gib))
        }
        sample.swap = Capacity(usedBytes: Host.gib, totalBytes: 4 * Host.gib)
        sample.topProcesses = (1...10).map {
            ProcessUsage(pid: $0, name: "p\($0)", cpuPercent: 1, memoryBytes: Host.gib)
        }
        return sample
    }

    @Test("the same samples at the same times give the same results")
    func deterministic() {
        func run() -> Host {
            var random = SeededNoise(1)
            let host = Host()
            host.run(3_600) { _ in full(&random) }
            return host
        }
        let (a, b) = (run(), run())
        #expect(a.result.baseline == b.result.baseline && a.result.trends == b.result.trends)
        #expect(a.result.baseline.count == 16 && a.result.trends.count == 16)
        #expect(a.result.topProcesses.count == 10)
    }

    @Test("the state of an agent stays below 24 KB, with as many mounts as there may be below 36 KB")
    func bounded() {
        var random = SeededNoise(2)
        let host = Host()
        host.run(4 * 3_600) { _ in full(&random) }
        #expect(host.analytics.byteCount < 24_000, "\(host.analytics.byteCount)")
        host.run(1_800, every: 20) { _ in
            var sample = full(&random)
            sample.mounts = (0..<200).map {
                MountUsage(path: "/m\($0)", capacity: Capacity(usedBytes: Double($0), totalBytes: 1_000))
            }
            sample.topProcesses = (0..<5_000).map {
                ProcessUsage(pid: $0, name: "p", cpuPercent: .nan, memoryBytes: .infinity)
            }
            return sample
        }
        #expect(host.result.topProcesses.count == MetricSample.mostListed)
        #expect(host.analytics.byteCount < 36_000, "\(host.analytics.byteCount)")
        #expect(host.analytics.counters.droppedMountValues > 180)
    }

    @Test("values that no host can have are not taken, and are counted")
    func badValues() {
        let host = Host()
        host.run(600) { _ in
            var sample = MetricSample.only(.load1, 1)
            sample.values[.cpuUsage] = .nan
            sample.values[.memoryUsage] = .infinity
            sample.values[.diskUsage] = -1
            sample.values[.swapUsage] = 100.5
            sample.values[.diskRead] = 1e300
            return sample
        }
        #expect(host.analytics.counters.refusedValues == 120 * 5)
        #expect(host.result.baseline.map(\.metric) == [.load1])
    }

    @Test("capacities that cannot be are not believed")
    func badCapacities() {
        let host = Host()
        host.run(3_600) { time in
            var sample = MetricSample.only(.load1, 1)
            sample.mounts = [
                MountUsage(path: "/a", capacity: Capacity(usedBytes: .nan, totalBytes: 1)),
                MountUsage(path: "/b", capacity: Capacity(usedBytes: time, totalBytes: 0)),
                MountUsage(path: "/c", capacity: Capacity(usedBytes: time, totalBytes: .infinity)),
                MountUsage(path: "/d", capacity: Capacity(usedBytes: -time, totalBytes: 10)),
            ]
            return sample
        }
        #expect(host.result.predictedIssues.isEmpty && host.result.risk.risk == 0)
    }

    @Test("a metric that the host cannot give is absent everywhere, and others do not care")
    func absent() {
        var random = SeededNoise(3)
        let host = Host()
        host.run(3_600) { _ in
            var sample = full(&random)
            sample.values[.cpuTemperature] = nil
            sample.swap = nil
            return sample
        }
        #expect(host.result.baseline.count == 15 && host.result.trends.count == 15)
        #expect(host.trend(.cpuTemperature) == nil)
    }

    @Test("an empty sample, and one that is not later than the last, are ignored and counted")
    func ignored() {
        let host = Host()
        host.feed(.only(.cpuUsage, 1))
        host.feed(.only(.cpuUsage, 2))
        host.time = -10
        host.feed(.only(.cpuUsage, 3))
        host.time = 10
        host.feed(MetricSample())
        #expect(host.analytics.counters.samples == 1 && host.analytics.counters.ignoredSamples == 3)
    }

    @Test(
        "what is found does not depend on how often samples come", arguments: [0.25, 1, 5, 17, 60])
    func intervals(interval: Double) throws {
        var random = SeededNoise(4)
        let host = Host()
        host.run(5_400, every: interval) { time in
            var sample = MetricSample.memory(4 + 4 * time / 3_600 + 0.02 * random.normal())
            sample.values[.cpuUsage] = 20 + 3 * random.normal()
            return sample
        }
        #expect(host.anomalies.isEmpty)
        #expect(try abs(#require(host.issue(.memory)).forecast.etaSeconds - 5_400) < 600)
        #expect(try abs(#require(host.trend(.memoryUsage)).slopePerHour - 25) < 1)
    }

    @Test("an hour without samples breaks nothing, and is counted")
    func gap() throws {
        let host = Host()
        host.run(3_600) { time in .disk(50 + 20 * time / 3_600) }
        host.time += 3_600
        host.run(600) { time in .disk(50 + 20 * time / 3_600) }
        #expect(host.analytics.counters.gaps == 1)
        #expect(try abs(#require(host.issue(.disk("/var"))).forecast.etaSeconds - 1_200) < 300)
    }

    @Test("a wall clock that is set changes neither anomalies nor trends")
    func clockJump() throws {
        var random = SeededNoise(5)
        let host = Host()
        host.run(5_400) { time in
            if time == 3_000 { host.wallStart -= 400 * 86_400_000 }
            if time == 4_000 { host.wallStart += 90_000_000_000_000 }
            return .memory(4 + 4 * time / 3_600 + 0.02 * random.normal())
        }
        #expect(host.anomalies.isEmpty)
        #expect(try abs(#require(host.issue(.memory)).forecast.etaSeconds - 5_400) < 600)
        #expect(WallTime(millisecondsSince1970: -1).hourOfDay == 23)
    }

    @Test(
        "anomalies in noise: 1 of 20 000 values if normal, alike neighbours or exponential, 1 of 400 if tails are longer"
    )
    func falsePositives() {
        var random = SeededNoise(6)
        var values = 0
        var found: [MetricKey: Int] = [:]
        for _ in 0..<10 {
            let host = Host()
            var state = 0.0
            host.run(4 * 3_600) { _ in
                state = 0.95 * state + random.normal()
                var sample = MetricSample()
                sample.values[.cpuUsage] = min(100, max(0, 50 + 8 * random.normal()))
                sample.values[.load1] = max(0, 20 + 2 * state)
                sample.values[.diskWrite] = 20e6 * random.exponential()
                sample.values[.networkSent] = 5e6 * random.exponential() * random.exponential()
                return sample
            }
            values += host.samples
            for (_, anomaly) in host.anomalies { found[anomaly.metric, default: 0] += 1 }
        }
        func rate(_ metrics: MetricKey...) -> Double {
            Double(metrics.map { found[$0] ?? 0 }.reduce(0, +)) / Double(values * metrics.count)
        }
        #expect(rate(.cpuUsage, .load1, .diskWrite) <= 1 / 20_000, "\(found) of \(values) each")
        #expect(rate(.networkSent) <= 1 / 400, "\(found) of \(values) each")
    }
}
