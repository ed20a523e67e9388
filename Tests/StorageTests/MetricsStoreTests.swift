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
        let expected = MetricsHistory(
            resolution: 1_000,
            points: points.map { point in
                var row = RollUp(start: point.time, duration: 1_000)
                row.add(point.values)
                return row
            }, isTruncated: false)
        #expect(try await store.metrics.metricsHistory(query, at: now) == expected)
        await store.runMaintenance(at: now)
        #expect(try await store.metrics.metricsHistory(query, at: now) == expected)
        await store.close()
        store = try openStore(directory)
        #expect(try await store.metrics.metricsHistory(query, at: now) == expected)
        await store.close()
    }
}
