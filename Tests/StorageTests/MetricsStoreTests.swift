import GRDB
import Glibc
import Model
import Storage
import Testing

@Suite struct MetricsStoreTests {
    static let start = at(1_795_446_000_000)  // a full hour

    static func point(_ seconds: Int, of agent: String = "web1", cpu: Double, memory: Double? = nil) -> MetricPoint {
        var values = MetricValues()
        values[.cpuUsage] = cpu
        values[.memoryUsed] = memory
        return MetricPoint(agent: AgentID(agent), time: start + seconds * 1_000, values: values)
    }

    @Test("samples are in the history at once, before and after they are rolled up, and in the next life")
    func samples() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory)
        let points: [MetricPoint] = (0..<30).map { number in
            let memory: Double? = number % 2 == 0 ? 1e10 + Double(number) : nil
            return Self.point(number * 5, cpu: Double(number), memory: memory)
        }
        let now = Self.start + 200_000
        store.metrics.append(points, at: now)
        await store.metrics.flush()
        let query = MetricsHistoryQuery(agent: AgentID("web1"), start: Self.start, end: now, maxPoints: 1_000)
        let rows = points.map { point in
            var row = RollUp(start: point.time, duration: 1_000)
            row.add(point.values)
            return row
        }
        let expected = MetricsHistory(resolution: 1_000, points: rows, isTruncated: false)
        #expect(try await store.metrics.metricsHistory(query, at: now) == expected)
        await store.runMaintenance(at: now)
        #expect(try await store.metrics.metricsHistory(query, at: now) == expected)
        await store.close()
        store = try openStore(directory)
        #expect(try await store.metrics.metricsHistory(query, at: now) == expected)
        await store.close()
    }

    @Test("only the metrics that are asked for are in the points, and only of the agent that is asked for")
    func selection() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let now = Self.start + 60_000
        store.metrics.append([Self.point(1, cpu: 5, memory: 6), Self.point(2, of: "web2", cpu: 7)], at: now)
        await store.metrics.flush()
        var query = MetricsHistoryQuery(
            agent: AgentID("web1"), start: Self.start, end: now, metrics: [.memoryUsed, .load1])
        let points = try await store.metrics.metricsHistory(query, at: now).points
        #expect(points.count == 1 && points[0].last[.memoryUsed] == 6 && points[0].last[.cpuUsage] == nil)
        query.agent = AgentID("nobody")
        #expect(try await store.metrics.metricsHistory(query, at: now).points.isEmpty)
        await store.close()
    }

    @Test("points too old or too far ahead are dropped and counted; empty ones are nothing")
    func refused() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        store.metrics.append(
            [
                Self.point(-24 * 3_600 - 1, cpu: 1), Self.point(3_601, cpu: 1), Self.point(0, cpu: 1),
                MetricPoint(agent: AgentID("web1"), time: Self.start, values: MetricValues()),
            ], at: Self.start)
        await store.metrics.flush()
        #expect(store.metrics.refused == 3 && store.metrics.counters.written == 1)
        await store.close()
    }

    @Test("the resolution is the finest that the points allow and that is kept since the start")
    func resolution() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let now = Self.start
        func history(hours: Int, points: Int) async throws -> (Milliseconds, Bool) {
            let query = MetricsHistoryQuery(
                agent: AgentID("web1"), start: now + (-hours * 3_600_000), end: now, maxPoints: points)
            let history = try await store.metrics.metricsHistory(query, at: now)
            return (history.resolution, history.isTruncated)
        }
        #expect(try await history(hours: 1, points: 10_000) == (1_000, false))
        #expect(try await history(hours: 1, points: 500) == (8_000, false))
        #expect(try await history(hours: 1, points: 60) == (60_000, false))
        #expect(try await history(hours: 1, points: 7) == (9 * 60_000, false), "whole minutes")
        #expect(try await history(hours: 25, points: 10_000) == (60_000, false), "samples are gone")
        #expect(try await history(hours: 31 * 24, points: 10_000) == (3_600_000, false), "minutes are gone")
        #expect(try await history(hours: 300 * 24, points: 100) == (72 * 3_600_000, false))
        #expect(try await history(hours: 366 * 24, points: 10_000) == (3_600_000, true), "hours are gone")
        await store.close()
    }

    @Test("roll-ups say what the samples said, whatever the order, the clock and the restarts were")
    func model() async throws {
        var random = SplitMix.seeded("roll-ups")
        let directory = try TemporaryDirectory()
        var store = try openStore(directory)
        var all: [MetricPoint] = []
        var now = Self.start + 600_000
        for _ in 0..<40 {
            // Forward by minutes; at times set back, or far ahead.
            now = now + [60_000, 300_000, 1_200_000, -900_000, 3_000_000].randomElement(using: &random)!
            let points = (0..<60).map { _ in
                let offset = Int.random(in: -240_000...5_000, using: &random)
                var values = MetricValues()
                if Bool.random(using: &random) {
                    values[.cpuUsage] = (Double.random(in: 0...100, using: &random) * 100).rounded() / 100
                }
                values[.memoryUsed] = Double.random(in: 0...1e12, using: &random).rounded()
                values[.cpuTemperature] = -12.5
                let agent = AgentID(["web1", "web2"].randomElement(using: &random)!)
                return MetricPoint(agent: agent, time: now + offset, values: values)
            }
            all += points
            store.metrics.append(points, at: now)
            await store.metrics.flush()
            if Bool.random(using: &random) { await store.runMaintenance(at: now) }
            if Int.random(in: 0..<8, using: &random) == 0 {
                await store.close()
                store = try openStore(directory)
            }
            try await expectSame(store, all, at: now)
        }
        await store.runMaintenance(at: now + 7_200_000)
        await store.runMaintenance(at: now + 7_200_000)
        try await expectSame(store, all, at: now)
        await store.close()
        let file = try DatabaseQueue(path: "\(directory.path)/metrics.db")
        let left = try await file.read { database in
            try Int.fetchOne(database, sql: "SELECT (SELECT count(*) FROM recent) + (SELECT count(*) FROM due_hours)")
        }
        #expect(left == 0, "all of it is rolled up")
    }

    /// Against rows made from all samples, in each resolution.
    private func expectSame(_ store: Store, _ all: [MetricPoint], at now: WallTime) async throws {
        let start = Self.start + (-3_600_000)
        for (maxPoints, hours) in [(10_000, 2), (60, 1), (20, 20)] {
            let end = start + hours * 3_600_000
            let query = MetricsHistoryQuery(agent: AgentID("web1"), start: start, end: end, maxPoints: maxPoints)
            let history = try await store.metrics.metricsHistory(query, at: start)
            let samples = all.filter { $0.agent == query.agent }.sorted { $0.time < $1.time }
            let rows = Downsampling.merge(
                samples.map { RollUp($0.values, at: $0.time) }, from: start, to: end, resolution: history.resolution)
            #expect(history.points.count == rows.count && history.points.count <= maxPoints)
            for (point, row) in zip(history.points, rows) { expectSame(point, row) }
        }
    }

    /// `last` is not compared: of samples of the same time either may be it.
    private func expectSame(_ a: RollUp, _ b: RollUp) {
        #expect(a.start == b.start)
        for metric in MetricKey.all {
            #expect(a.count(metric) == b.count(metric))
            #expect(a.minimum[metric] == b.minimum[metric])
            #expect(a.maximum[metric] == b.maximum[metric])
            guard let average = a.average[metric], let expected = b.average[metric] else { continue }
            // Hundredths, or whole bytes, and half of that is lost at each of two steps.
            #expect(abs(average - expected) <= (metric == .memoryUsed ? 1.01 : 0.0101))
        }
    }

    @Test("samples, minutes and hours leave when their time is over, each at its own")
    func retention() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let hour = 3_600_000
        for age in [0, 30 * 24, 370 * 24] {
            // Each at the time when it was new.
            let time = Self.start + (-age * hour)
            var values = MetricValues()
            values[.load1] = Double(age)
            store.metrics.append([MetricPoint(agent: AgentID("web1"), time: time, values: values)], at: time)
            await store.metrics.flush()
            await store.runMaintenance(at: time + 2 * hour)
        }
        let now = Self.start + 23 * hour
        await store.runMaintenance(at: now)
        func counts() throws -> [Int?] {
            try DatabaseQueue(path: "\(directory.path)/metrics.db").read { database in
                try ["samples", "minutes", "hours"].map {
                    try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0)")
                }
            }
        }
        #expect(try counts() == [1, 1, 2])
        await store.runMaintenance(at: now + 6 * hour)
        #expect(try counts() == [0, 1, 2])
        await store.runMaintenance(at: now + 30 * 24 * hour)
        #expect(try counts() == [0, 0, 2])
        await store.runMaintenance(at: now + 367 * 24 * hour)
        #expect(try counts() == [0, 0, 0])
        await store.close()
    }

    @Test("a damaged history is set aside, and a new one begins; a newer one is refused")
    func damaged() async throws {
        let directory = try TemporaryDirectory()
        let file = "\(directory.path)/metrics.db"
        try Files.write(Array(repeating: UInt8(ascii: "x"), count: 8_192), to: file)
        let store = try openStore(directory)
        store.metrics.append([Self.point(0, cpu: 1)], at: Self.start)
        await store.metrics.flush()
        #expect(store.metrics.counters.written == 1)
        #expect(try Files.read(file + ".corrupt").count == 8_192)
        await store.close()
        try await DatabaseQueue(path: file).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        #expect(throws: StoreError.newerSchema(file: file, found: 99, known: 1)) { try openStore(directory) }
    }
}

@Suite struct HealthRecordTests {
    static func check(_ seconds: Int, of agent: String = "web1", failed: [String] = []) -> HealthRecord {
        var record = HealthRecord(agent: AgentID(agent), time: MetricsStoreTests.start + seconds * 1_000)
        record.cpuUsage = Double(seconds)
        record.failedUnits = failed
        return record
    }

    @Test("the last health check of each agent comes back as it was, a number that is none apart")
    func last() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory)
        var full = Self.check(60, failed: ["a.service"])
        full.memoryUsage = 1.25
        full.diskUsage = 99.9
        full.diskMountPoint = "/var"
        full.swapUsage = 0
        full.load1 = 1
        full.load5 = 2
        full.load15 = 3
        full.coreCount = 8
        full.uptimeSeconds = .max
        full.services = [.init(name: "nginx", state: "failed", detail: "exit 1")]
        full.unhealthyContainers = ["web"]
        var strange = Self.check(1, of: "web2")
        strange.cpuUsage = .nan
        for record in [Self.check(0), full, Self.check(30), strange] { store.metrics.append(record) }
        await store.close()
        strange.cpuUsage = nil
        store = try openStore(directory)
        #expect(try await store.metrics.lastHealth() == [full, strange], "one that came late is not the last")
        await store.close()
    }

    @Test("the history of health has what is news, one in five minutes besides, and ends after 30 days")
    func history() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        for seconds in stride(from: 0, through: 900, by: 30) {
            store.metrics.append(Self.check(seconds, failed: (400...500).contains(seconds) ? ["x"] : []))
        }
        await store.metrics.flush()
        let start = MetricsStoreTests.start
        func times(from: Int = 0, to: Int = 10_000, limit: Int = 100) async throws -> [Int] {
            try await store.metrics.healthHistory(
                of: AgentID("web1"), from: start + from * 1_000, to: start + to * 1_000, limit: limit
            ).map { Int($0.cpuUsage ?? -1) }
        }
        #expect(try await times() == [810, 510, 420, 300, 0])
        #expect(try await times(from: 1, to: 810, limit: 2) == [510, 420])
        await store.runMaintenance(at: start + 30 * 24 * 3_600_000 + 420_000)
        #expect(try await times() == [810, 510, 420])
        #expect(try await store.metrics.lastHealth() == [Self.check(900)])
        await store.close()
    }
}
