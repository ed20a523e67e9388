import Model
import Testing

@testable import Processing

@Suite("Baselines and anomalies")
struct BaselineTests {
    @Test("running quantiles are those of the last 64 values, sorted")
    func window() {
        var random = SeededNoise(1)
        var window = SortedWindow()
        var values: [Float] = []
        for _ in 0..<500 {
            let value = Float((random.normal() * 4).rounded())
            values.append(value)
            window.insert(value)
            let sorted = values.suffix(64).sorted()
            #expect(window.quantile(0) == sorted.first)
            #expect(window.quantile(1) == sorted.last)
            #expect(window.quantile(0.5) == (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2)
            let center = window.quantile(0.5)
            let distances = sorted.map { abs($0 - center) }.sorted()
            #expect(window.medianDistance(from: center) == distances[distances.count / 2])
        }
    }

    @Test("nothing is unusual in the first five minutes")
    func warmUp() {
        var random = SeededNoise(2)
        let host = Host()
        host.run(290) { _ in .only(.cpuUsage, random.uniform() < 0.1 ? 99 : 1) }
        #expect(host.anomalies.isEmpty)
        #expect(host.result.baseline.isEmpty)
    }

    @Test("a flat series does not alarm on noise below the smallest deviation that matters")
    func flat() {
        let host = Host()
        host.run(3_600) { time in .only(.cpuUsage, time == 3_000 ? 16 : 2) }
        #expect(host.anomalies.isEmpty)
    }

    @Test("a spike is found at once, once, with what was expected")
    func spike() throws {
        var random = SeededNoise(3)
        let host = Host()
        host.run(3_600) { time in .only(.cpuUsage, time == 3_000 ? 95 : 20 + 2 * random.normal()) }
        #expect(host.anomalies.count == 1)
        let (time, anomaly) = try #require(host.anomalies.first)
        #expect(time == 3_000)
        #expect(anomaly.metric == .cpuUsage && anomaly.value == 95)
        #expect(abs(anomaly.expected - 20) < 2 && anomaly.score >= 6)
    }

    @Test("what falls away is as unusual as what rises")
    func dip() {
        var random = SeededNoise(4)
        let host = Host()
        host.run(1_800) { time in
            .only(.networkSent, time == 1_500 ? 0 : 80e6 + 2e6 * random.normal())
        }
        #expect(host.anomalies.map(\.time) == [1_500])
    }

    @Test("a new level is unusual for ten minutes, then normal")
    func step() throws {
        var random = SeededNoise(5)
        let host = Host()
        host.run(7_200) { time in .only(.cpuUsage, (time < 3_600 ? 20 : 70) + 2 * random.normal()) }
        #expect(host.anomalies.first?.time == 3_600)
        #expect(try #require(host.anomalies.last).time <= 4_200)
        #expect(host.anomalies.count > 110)
        #expect(try abs(#require(host.result.baseline.first).expected - 70) < 2)
    }

    @Test("a burst that comes back every few minutes becomes usual")
    func bursts() {
        let host = Host()
        host.run(4 * 3_600) { time in
            .only(.diskWrite, time.truncatingRemainder(dividingBy: 180) < 30 ? 90e6 : 0)
        }
        let late = host.anomalies.filter { $0.time > 3_600 }
        #expect(late.isEmpty, "\(late.count) of \(host.samples)")
        #expect(host.anomalies.count < 100)
    }

    @Test("what happens every night at the same hour is usual from the fourth night on")
    func season() {
        var random = SeededNoise(6)
        let host = Host()
        host.run(5 * 86_400, every: 20) { time in
            let minuteOfDay = (time / 60).truncatingRemainder(dividingBy: 1_440)
            return .only(.cpuUsage, ((600..<640) ~= minuteOfDay ? 85 : 10) + 2 * random.normal())
        }
        let byDay = Dictionary(grouping: host.anomalies) { Int($0.time / 86_400) }.mapValues(\.count)
        #expect((byDay[0] ?? 0) > 10)
        #expect(byDay.keys.allSatisfy { $0 < 3 }, "\(byDay)")
    }

    @Test("a value is judged against the host's own past, so a host that is always busy is not unusual")
    func alwaysBusy() {
        var random = SeededNoise(7)
        let host = Host()
        host.run(7_200) { _ in .only(.cpuUsage, 95 + 2 * random.uniform()) }
        #expect(host.anomalies.isEmpty)
    }
}
