import JSON
import Model
import Testing

@testable import Processing

@Suite("Pipeline: metrics")
struct MetricsPipelineTests {
    private let raw =
        #"{"timestamp":1.5,"cpu":{"usage_percent":97.25,"core_usage":[1,2]},"memory":{"usage_percent":40,"free_bytes":null},"#
        + #""disks":[{"mount_point":"/","usage_percent":3}],"network_interfaces":[{"interface":"eth0"}]}"#

    /// One event of a host that is busy for long enough to alert.
    private func busy() throws -> ProcessedEvent {
        let pipe = Pipe()
        pipe.read(.processedMetrics)
        for second in stride(from: 0.0, through: 20, by: 5) { pipe.cpu(97.25, second, raw: raw) }
        return try #require(pipe.actions.published(.processedMetrics).last)
    }

    @Test("a sample is kept, and relayed as processed metrics with alerts, trends and the time it took")
    func processed() throws {
        let event = try busy()
        let shown = try #require(try event.shown(20.012))
        #expect(event.agent == .one(AgentID("a")) && event.name == "processed_metrics")
        #expect(shown.data["raw"] == (try JSONParser.parse(Array(raw.utf8))))
        #expect(shown.data["alerts"]?.array?.map { $0["rule"]?.string } == ["high_cpu"])
        for part in ["baseline", "anomalies", "trends", "predicted_issues", "top_processes"] {
            #expect(shown.data["enriched"]?[part] != nil, "\(part)")
        }
        #expect(shown.data["recommendations"]?.array != nil && shown.data["trends"]?.object != nil)
        #expect(shown.metadata["processing_time_ms"]?.double == 12)
        #expect(shown.metadata["alert_count"]?.int == 1)
        #expect(shown.metadata["snapshot"] == nil)
    }

    @Test("filters restrict raw as they restrict metrics, and nothing else")
    func filters() throws {
        let event = try busy()
        func raw(_ filters: [String]) throws -> String? {
            let shown = try #require(try event.shown { $0.filters = filters })
            #expect(shown.data["alerts"]?.array?.count == 1)
            return shown.data["raw"].map { raw in String(decoding: JSONWriter.render { $0.value(raw) }, as: UTF8.self) }
        }
        #expect(try raw(["cpu.usage_percent"]) == #"{"timestamp":1.5,"cpu":{"usage_percent":97.25}}"#)
        #expect(try raw(["cpu", "cpu.usage_percent"]) == (try raw(["cpu"])))
        #expect(try raw(["cpu.usage_percent", "cpu"]) == (try raw(["cpu"])))
        #expect(
            try raw(["disks.usage_percent", "network"])
                == #"{"timestamp":1.5,"disks":[{"usage_percent":3}],"network_interfaces":[{"interface":"eth0"}]}"#)
        #expect(
            try raw(["memory.free_bytes", "memory.usage_percent"])
                == #"{"timestamp":1.5,"memory":{"usage_percent":40,"free_bytes":null}}"#)
    }

    @Test("alert_levels choose the alerts, and the count follows")
    func alertLevels() throws {
        let shown = try #require(try busy().shown { $0.alertLevels = ["critical"] })
        #expect(shown.data["alerts"] == .array([]) && shown.metadata["alert_count"]?.int == 0)
    }

    @Test("without include_trends both places for them are empty")
    func trends() throws {
        let pipe = Pipe()
        pipe.read(.processedMetrics)
        for second in stride(from: 0.0, through: 3_600, by: 5) {
            pipe.actions = []
            pipe.cpu(10 + second / 100, second, raw: raw)
        }
        let event = try #require(pipe.actions.published(.processedMetrics).last)
        let with = try #require(try event.shown()).data
        #expect(with["trends"]?["cpu.usage_percent"]?["direction"]?.string == "rising")
        #expect(with["enriched"]?["trends"] == with["trends"])
        let without = try #require(try event.shown { $0.includeTrends = false }).data
        #expect(without["trends"] == .object(JSONObject()) && without["enriched"]?["trends"] == .object(JSONObject()))
    }

    @Test("nobody reads: metrics are kept and judged, and no event is made")
    func unread() {
        let pipe = Pipe()
        pipe.cpu(50, 0, raw: raw)
        pipe.read(.processedMetrics, .one(AgentID("b")))
        pipe.cpu(50, 5, raw: raw)
        #expect(pipe.actions.points.count == 2 && pipe.actions.published(.processedMetrics).isEmpty)
        pipe.read(.processedMetrics, .every)
        pipe.cpu(50, 10, raw: raw)
        #expect(pipe.actions.published(.processedMetrics).count == 1)
        pipe.engine.removeReader(of: .processedMetrics, .every, config: .defaults(for: .processedMetrics))
        pipe.cpu(50, 15, raw: raw)
        #expect(pipe.actions.published(.processedMetrics).count == 1)
    }

    @Test("of samples that come ten times a second, the history gets one a second")
    func thinned() {
        let pipe = Pipe()
        for tenth in 0..<100 { pipe.cpu(50, Double(tenth) / 10) }
        #expect(9...11 ~= pipe.actions.points.count)
    }

    @Test("a leak on top of recorded memory raises the alert about exhaustion; the recording alone does not")
    func recordedLeak() throws {
        func alerts(leakPerHour: Double) throws -> [AlertChange] {
            let pipe = Pipe()
            for row in try RecordedSeries("build-host-5s.csv").rows {
                var sample = row.sample
                if let used = sample.values[.memoryUsed] {
                    sample.values[.memoryUsed] = used + row.seconds / 3_600 * leakPerHour * Host.gib
                }
                pipe.feed(sample, row.seconds)
            }
            return pipe.actions.changes.filter { $0.alert.rule == "resource_exhaustion" }
        }
        #expect(try alerts(leakPerHour: 0).isEmpty)
        let found = try alerts(leakPerHour: 20)
        #expect(found.first?.kind == .fired && found.first?.alert.metric == "prediction.risk")
    }

    @Test("memory that grows and falls again and again is no leak once it has fallen")
    func sawtooth() {
        let pipe = Pipe()
        for second in stride(from: 0.0, to: 4 * 3_600, by: 5) {
            pipe.feed(.memory(6 + second.truncatingRemainder(dividingBy: 1_500) / 300), second)
        }
        let later = pipe.actions.changes.filter { $0.alert.startedAt > at(1_500).wall }
        #expect(later.isEmpty)
        #expect(pipe.engine.health(of: AgentID("a"), now: at(4 * 3_600)).risk.level == .low)
    }
}
