@testable import Model
import Testing

@testable import Processing

@Suite("Roll-ups and downsampling")
struct RollUpTests {
    private func wall(_ seconds: Double) -> WallTime { WallTime(millisecondsSince1970: Int64(seconds * 1_000)) }

    private func values(_ cpu: Double?) -> MetricValues {
        var values = MetricValues()
        values[.cpuUsage] = cpu
        return values
    }

    @Test("there is a value, a name and a place for every metric")
    func keys() {
        #expect(MetricKey.allCases.count == MetricKey.count)
        #expect(MetricKey.allCases.map(\.rawValue) == Array(0..<MetricKey.count))
        #expect(Set(MetricKey.allCases.map(\.name)).count == MetricKey.count)
        for key in MetricKey.allCases {
            #expect(MetricKey(name: key.name) == key)
            var values = MetricValues()
            values[key] = 7
            #expect(values[key] == 7)
            #expect(MetricKey.allCases.filter { values[$0] != nil } == [key])
            values[key] = nil
            #expect(values.isEmpty)
        }
        #expect(MetricKey(name: "cpu.core_usage") == nil)
        #expect(MetricKey.networkReceived.name == "network.recv_bytes_per_sec")
        #expect(MetricKey.networkReceived.group == "network")
    }

    @Test("a minute has the average, lowest, highest and last of its samples")
    func minute() throws {
        var minutes = RollUpAccumulator(length: 60_000)
        for (time, cpu) in [(60.0, 10.0), (75, 40), (119.999, 20)] {
            #expect(minutes.add(values(cpu), at: wall(time)) == nil)
        }
        let completed = minutes.add(values(99), at: wall(120))
        let row = try #require(completed)
        #expect(row.start == wall(60) && row.duration == 60_000 && row.count(.cpuUsage) == 3)
        #expect(abs(row.average[.cpuUsage]! - 70.0 / 3) < 1e-9)
        #expect(row.minimum[.cpuUsage] == 10 && row.maximum[.cpuUsage] == 40 && row.last[.cpuUsage] == 20)
        #expect(row.average[.load1] == nil && row.count(.load1) == 0)
        #expect(minutes.flush()?.last[.cpuUsage] == 99)
        #expect(minutes.flush() == nil)
    }

    @Test("hours made of minutes are the hours made of samples")
    func merging() {
        var random = SeededNoise(1)
        var minutes = RollUpAccumulator(length: 60_000)
        var hour = RollUp(start: wall(0), duration: 3_600_000)
        var merged = RollUp(start: wall(0), duration: 3_600_000)
        for second in stride(from: 0.0, to: 3_600, by: 7) {
            let values = values(random.uniform() < 0.2 ? nil : random.uniform() * 100)
            hour.add(values)
            if let row = minutes.add(values, at: wall(second)) { merged.merge(row) }
        }
        if let row = minutes.flush() { merged.merge(row) }
        #expect(merged.count(.cpuUsage) == hour.count(.cpuUsage))
        #expect(abs(merged.average[.cpuUsage]! - hour.average[.cpuUsage]!) < 1e-9)
        #expect(merged.minimum == hour.minimum && merged.maximum == hour.maximum && merged.last == hour.last)
    }

    @Test("a clock that is set back ends the row, and what follows is a row of its own")
    func clockBack() {
        var minutes = RollUpAccumulator(length: 60_000)
        let rows = [600.0, 30, 600].map { minutes.add(values(1), at: wall($0)) }
        #expect(rows.map { $0?.start } == [nil, wall(600), wall(0)])
        #expect(WallTime.start(ofStretch: 60_000, containing: wall(-1)) == wall(-60))
    }

    @Test("numbers of a stored row that no host can have are not taken")
    func storedNonsense() {
        var row = RollUp(start: wall(0), duration: 60_000)
        row.include(.cpuUsage, count: 3, average: .nan, minimum: 1, maximum: 2, last: 1)
        row.include(.cpuUsage, count: 0, average: 1, minimum: 1, maximum: 2, last: 1)
        #expect(row.isEmpty)
        row.include(.cpuUsage, count: .max, average: 1, minimum: 1, maximum: 2, last: 1)
        row.include(.cpuUsage, count: 5, average: 1, minimum: 0, maximum: 2, last: 1)
        #expect(row.count(.cpuUsage) == .max && row.minimum[.cpuUsage] == 0)
    }

    @Test("a history is never longer than asked for, and keeps its peaks", arguments: [1, 7, 100, 999, 5_000])
    func downsampling(maxPoints: Int) {
        var random = SeededNoise(2)
        let rows = (0..<3_000).map { RollUp(values(random.uniform() * 90), at: wall(1_000 + Double($0) * 5)) }
        var peaked = rows
        peaked[1_234] = RollUp(values(100), at: rows[1_234].start)
        let (start, end) = (wall(1_000), wall(16_000))
        let resolution = Downsampling.resolution(from: start, to: end, maxPoints: maxPoints, stored: 5_000)
        let short = Downsampling.merge(peaked, from: start, to: end, resolution: resolution)
        #expect(short.count <= min(maxPoints, 3_000))
        #expect(short.compactMap { $0.maximum[.cpuUsage] }.max() == 100)
        #expect(short.map { Int($0.count(.cpuUsage)) }.reduce(0, +) == 3_000)
        #expect(zip(short, short.dropFirst()).allSatisfy { $0.start < $1.start })
    }

    @Test("what lies outside the range is left out, and a range without anything has no rows")
    func range() {
        let rows = (0..<100).map { RollUp(values(1), at: wall(Double($0))) }
        let merged = Downsampling.merge(rows, from: wall(10), to: wall(20), resolution: 60_000)
        #expect(merged.map { $0.count(.cpuUsage) } == [10])
        #expect(Downsampling.merge(rows, from: wall(200), to: wall(300), resolution: 1_000).isEmpty)
        #expect(Downsampling.resolution(from: wall(5), to: wall(1), maxPoints: 0, stored: 0) == 1_000)
    }
}
