import Broker
import JSON
import Model
import Wire

@testable import Hub

extension Workload {
    /// From a decoded message to the bytes that clients get.
    static let rendering = [
        Kind(name: "render-metrics", unit: "event", unitsPerRun: 1, countedRuns: 100) { renderMetrics(filters: []) },
        Kind(name: "render-metrics-filtered", unit: "event", unitsPerRun: 1, countedRuns: 100) {
            renderMetrics(filters: ["cpu.usage_percent", "load"])
        },
        Kind(name: "render-log-line", unit: "event", unitsPerRun: 1, countedRuns: 100) { renderLogLine() },
    ]

    /// Keeps its arena, in which the message lies, as long as itself.
    private static func renderMetrics(filters: [String]) -> Workload {
        let arena = WireArena()
        let metrics = Samples.metrics(in: arena)
        let filter = required { try JSONFilter.compile(filters, for: WireMetrics.self) }
        let buffer = WireBuffer()
        let prefix = EventPrefix(World.view(.metrics, filters: filters))
        var number: UInt64 = 0
        return Workload {
            number += 1
            buffer.removeAll()
            EventWriter.write(
                to: buffer, id: .event(.init(epoch: 7, number: 1_000_000 + number, index: number)), prefix: prefix,
                agent: World.agent(0), at: World.time, metadata: "{}"
            ) { $0.appendJSON(metrics, filter: filter) }
            withExtendedLifetime(arena) {}
        }
    }

    private static func renderLogLine() -> Workload {
        let buffer = WireBuffer()
        let task = TaskID("task_0123456789abcdef")
        let prefix = EventPrefix(World.view(.shellOutput, resource: task.text))
        let text = Array(Samples.logLine.utf8)
        var seq: UInt64 = 100_000
        return Workload {
            seq += 1
            buffer.removeAll()
            text.withUnsafeBytes { text in
                TaskEvent.write(
                    .init(seq: seq, stream: .stdout, isTruncated: false, time: World.time, text: text), of: task,
                    agent: World.agent(0), prefix: prefix, to: buffer)
            }
        }
    }

    static let eventIDs = [
        Kind(name: "event-id-format", unit: "id", unitsPerRun: 1, countedRuns: 100) {
            var number: UInt64 = 1_000_000
            return Workload {
                number += 1
                keep(EventID.event(.init(epoch: 7, number: number, index: number)).text)
            }
        },
        Kind(name: "event-id-parse", unit: "id", unitsPerRun: 1, countedRuns: 100) {
            let text = EventID.event(.init(epoch: 7, number: 1_234_567, index: 7_654)).text
            return Workload { keep(EventID(text)) }
        },
    ]
}

/// What is given here counts as used, so that the optimizer does not leave its making out.
@inline(never)
func keep<T>(_ value: T) {}

/// For what cannot fail on the data at hand.
func required<T>(_ body: () throws -> T) -> T {
    do { return try body() } catch { fatalError("\(error)") }
}
