import Model
import Testing

@testable import Processing

@Suite("Robust lines and trends")
struct LineTests {
    private let times = (0..<30).map { Double($0) * 120 }

    private func line(_ value: (Int) -> Double) -> RobustLine? {
        RobustLine(times: times, values: (0..<30).map { Float(value($0)) })
    }

    @Test("the line through points on a line is that line")
    func exact() throws {
        let line = try #require(line { 5 + 0.5 * Double($0) })
        #expect(abs(line.slope - 0.5 / 120) < 1e-6)
        #expect(abs(line.value(at: 1_200) - 10) < 1e-3)
        #expect(line.tau == 1 && line.probability < 0.001 && line.quality > 0.99)
        #expect(line.lowestSlope <= line.slope && line.slope <= line.highestSlope)
    }

    @Test("a quarter of the points may be anything")
    func outliers() throws {
        var random = SeededNoise(1)
        let line = try #require(line { $0 % 4 == 1 ? random.uniform() * 1_000 : 5 + 0.5 * Double($0) })
        #expect(abs(line.slope * 120 - 0.5) < 0.2)
    }

    @Test("slope, tau and Sen's interval are those of a plain computation")
    func reference() throws {
        var random = SeededNoise(2)
        for _ in 0..<50 {
            let values = (0..<30).map { Float($0) * 0.1 + Float(random.normal()) }
            let line = try #require(RobustLine(times: times, values: values))
            var slopes: [Float] = []
            var s = 0
            for later in 1..<30 {
                for earlier in 0..<later {
                    let rise = values[later] - values[earlier]
                    slopes.append(rise / Float(times[later] - times[earlier]))
                    s += rise > 0 ? 1 : rise < 0 ? -1 : 0
                }
            }
            slopes.sort()
            #expect(line.slope == slopes[slopes.count / 2])
            #expect(line.tau == Float(s) / 435)
            #expect(slopes.contains(line.lowestSlope) && slopes.contains(line.highestSlope))
        }
    }

    @Test("Sen's 95 % interval holds the true slope in at least 93 % of 1 000 noisy lines")
    func coverage() throws {
        var random = SeededNoise(3)
        var held = 0
        for _ in 0..<1_000 {
            let line = try #require(line { 0.1 * Double($0) + random.normal() })
            if (line.lowestSlope...line.highestSlope).contains(0.1 / 120) { held += 1 }
        }
        #expect(held >= 930, "\(held)")
    }

    @Test("white noise is a trend in at most 5 % of 2 000 series")
    func whiteNoise() throws {
        var random = SeededNoise(4)
        var found = 0
        for _ in 0..<2_000 {
            if try #require(line { _ in random.normal() }).probability < MetricTrend.significance { found += 1 }
        }
        #expect(found <= 100, "\(found)")
    }

    @Test("noise whose neighbours are alike (AR(1), 0.6) is a trend in at most 12 % of 2 000 series")
    func autocorrelatedNoise() throws {
        var random = SeededNoise(5)
        var found = 0
        for _ in 0..<2_000 {
            var state = random.normal()
            let line = try #require(
                line { _ in
                    state = 0.6 * state + random.normal()
                    return state
                })
            if line.probability < MetricTrend.significance { found += 1 }
        }
        #expect(found <= 240, "\(found)")
    }

    @Test("fewer than six points, or points of one moment, make no line")
    func tooFew() {
        #expect(RobustLine(times: [0, 1, 2, 3, 4], values: [0, 1, 2, 3, 4]) == nil)
        #expect(RobustLine(times: Array(repeating: 7, count: 8), values: Array(repeating: 1, count: 8)) == nil)
    }

    @Test("a metric that rises, falls or stands still is said to, per hour")
    func directions() throws {
        var random = SeededNoise(6)
        let host = Host()
        host.run(3_600) { time in
            var sample = MetricSample()
            sample.values[.cpuUsage] = 10 + time / 3_600 * 40 + random.normal()
            sample.values[.memoryUsage] = 80 - time / 3_600 * 20 + random.normal()
            sample.values[.load1] = 1 + 0.2 * random.normal()
            sample.values[.swapUsage] = 0
            return sample
        }
        let cpu = try #require(host.trend(.cpuUsage))
        #expect(cpu.direction == .rising && abs(cpu.slopePerHour - 40) < 2 && cpu.confidence > 0.95)
        #expect(cpu.slopeInterval.contains(40) && (3_200...3_600).contains(cpu.windowSeconds))
        let memory = try #require(host.trend(.memoryUsage))
        #expect(memory.direction == .falling && abs(memory.slopePerHour + 20) < 2)
        #expect(host.trend(.load1)?.direction == .flat)
        #expect(host.trend(.swapUsage)?.direction == .flat && host.trend(.swapUsage)?.confidence == 1)
        #expect(host.trend(.diskUsage) == nil)
    }

    @Test("a rise too small to matter is flat")
    func smallRise() {
        let host = Host()
        host.run(3_600) { time in .only(.cpuUsage, 10 + time / 3_600) }
        #expect(host.trend(.cpuUsage)?.direction == .flat)
    }
}
