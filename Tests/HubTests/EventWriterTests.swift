import Broker
import JSON
import Model
import Testing
import Wire

@testable import Hub

@Suite struct EventWriterTests {
    static let time = WallTime(millisecondsSince1970: 1_700_000_000_007)

    @Test("an event of a stream has its id, its type and one line of data")
    func event() throws {
        var config = StreamConfig.defaults(for: .metrics)
        config.interval = 1_000
        config.filters = ["cpu", "memory"]
        let prefix = EventPrefix(try TestView.description(config: config).key)
        let text = rendered {
            EventWriter.write(
                to: $0, id: .event(.init(epoch: 2, number: 40, index: 7)), prefix: prefix, agent: AgentID("agent1"),
                at: Self.time, metadata: "{}"
            ) { $0.append("{\"x\":1}") }
        }
        #expect(
            text == """
                id: e2.14.7
                event: metrics
                data: {"type":"metrics_data","stream_type":"metrics","agent_id":"agent1","resource":"",\
                "view":"metrics@1000ms;cpu,memory","timestamp":"2023-11-14T22:13:20.007Z","data":{"x":1},"metadata":{}}


                """)
        let event = try ParsedEvent(text)
        #expect(event.id == "e2.14.7" && event.kind == "metrics" && event.data["data"]?["x"] == .integer(1))
    }

    @Test("metrics are rendered with only the parts that the view asks for")
    func filtered() throws {
        var config = StreamConfig.defaults(for: .metrics)
        config.filters = ["cpu.usage_percent"]
        let view = View(try TestView.description(config: config), ports: 1)
        let arena = WireArena()
        let metrics: UnsafeMutablePointer<WireMetrics> = arena.make { metrics in
            wireSet(&metrics.has_timestamp, &metrics.timestamp, 5)
            metrics.cpu = arena.make { wireSet(&$0.has_usage_percent, &$0.usage_percent, 12.5) }
            metrics.memory = arena.make { wireSet(&$0.has_total_bytes, &$0.total_bytes, 9) }
        }
        let data = try JSONParser.parse(Array(rendered { $0.appendJSON(metrics, filter: view.filter) }.utf8))
        #expect(data["cpu"]?["usage_percent"] == .double(12.5))
        #expect(data["memory"] == nil && data["cpu"]?["core_usage"] == nil)
    }
}

@Suite struct TaskEventTests {
    private func line(_ text: String, isTruncated: Bool = false) throws -> String {
        try line(Array(text.utf8), isTruncated: isTruncated)
    }

    private func line(_ text: [UInt8], isTruncated: Bool = false) throws -> String {
        let prefix = try TestView.prefix(.shellOutput, resource: "task_1")
        return rendered { buffer in
            text.withUnsafeBytes { text in
                TaskEvent.write(
                    .init(
                        seq: 37, stream: .stderr, isTruncated: isTruncated, time: EventWriterTests.time, text: text),
                    of: TaskID("task_1"), agent: AgentID("agent1"), prefix: prefix, to: buffer)
            }
        }
    }

    @Test("a line of a task is one event whose id is the line's number")
    func bytes() throws {
        #expect(
            try line("hello") == """
                id: l11
                event: shell_output
                data: {"type":"task_output","stream_type":"shell_output","agent_id":"agent1","resource":"task_1",\
                "view":"shell_output","timestamp":"2023-11-14T22:13:20.007Z","data":{"task_id":"task_1",\
                "stream":"stderr","line":"hello","seq":37,"truncated":false,"is_final":false},"metadata":{}}


                """)
        #expect(try ParsedEvent(line("part", isTruncated: true)).data["data"]?["truncated"] == .bool(true))
    }

    @Test(
        "whatever a host prints stays one line of data",
        arguments: ["", "a\nb", "a\r\nb", "\u{2028}", "\"quoted\\\"", "\u{0}\u{1F}", "data: x\n\nid: l1\n\n", "日本語 🎉"])
    func escapes(_ text: String) throws {
        let event = try ParsedEvent(line(text))
        #expect(event.data["data"]?["line"] == .string(text))
        #expect(event.id == "l11")
    }

    @Test("what is not UTF-8 is repaired")
    func invalidText() throws {
        let event = try ParsedEvent(line([0x61, 0xFF, 0x62]))
        #expect(event.data["data"]?["line"] == .string("a\u{FFFD}b"))
    }

    private func final(_ status: TaskStatus, _ exitCode: Int32?) throws -> JSONValue {
        let prefix = try TestView.prefix(.shellOutput, resource: "task_1")
        let event = try ParsedEvent(
            rendered {
                TaskEvent.writeFinal(
                    OutputEnd(seq: 3, status: status, exitCode: exitCode, time: EventWriterTests.time),
                    of: TaskID("task_1"), agent: AgentID("agent1"), prefix: prefix, to: $0)
            })
        #expect(event.id == "l3" && event.kind == "shell_output")
        return try #require(event.data["data"])
    }

    @Test("the end of a task is an event of its own, with status and exit code")
    func final() throws {
        let failed = try final(.failed, -1)
        #expect(failed["is_final"] == .bool(true) && failed["stream"] == .string("status"))
        #expect(failed["status"] == .string("failed") && failed["exit_code"] == .integer(-1))
        #expect(failed["line"] == .string("") && failed["seq"] == .integer(3))
        #expect(try final(.cancelled, nil)["exit_code"] == .null)
    }
}

@Suite struct ControlEventTests {
    private let time = EventWriterTests.time
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("a stream begins with when to come back and where it stands")
    func opening() {
        #expect(text(ControlEvent.opening(retry: 2_500, id: .line(0))) == "retry: 2500\nid: l0\n\n")
    }

    @Test("a status names the subscription, and moves no cursor")
    func status() throws {
        #expect(
            text(ControlEvent.status(.agentLost, SubscriptionID("sub_1"), at: time)) == """
                event: stream_status
                data: {"state":"agent_lost","subscription_id":"sub_1","timestamp":"2023-11-14T22:13:20.007Z"}


                """)
        let rejected = try ParsedEvent(
            text(ControlEvent.status(.rejected(code: "not_found", message: "no \"x\"\n"), nil, at: time)))
        #expect(rejected.id == nil && rejected.data["state"] == .string("not_found"))
        #expect(rejected.data["message"] == .string("no \"x\"\n") && rejected.data["subscription_id"] == nil)
    }

    @Test("a gap says how many are missing, and which, where that is known")
    func gap() {
        #expect(
            text(ControlEvent.gap(missed: 3, from: 4, to: 6, SubscriptionID("s"))) == """
                event: gap
                data: {"missed":3,"from":4,"to":6,"subscription_id":"s"}


                """)
        #expect(
            text(ControlEvent.gap(missed: nil, SubscriptionID("s"))) == """
                event: gap
                data: {"missed":null,"subscription_id":"s"}


                """)
    }

    @Test("the end of a stream says why")
    func end() throws {
        #expect(
            text(ControlEvent.end(.completed, SubscriptionID("s"), exitCode: 2)) == """
                event: stream_end
                data: {"reason":"completed","exit_code":2,"subscription_id":"s"}


                """)
        #expect(try ParsedEvent(text(ControlEvent.end(.replaced, nil))).data["subscription_id"] == nil)
    }

    @Test("when the gateway goes down everybody is told when to come back")
    func draining() throws {
        let event = try ParsedEvent(text(ControlEvent.draining(retry: 900, SubscriptionID("sub_1"), at: time)))
        #expect(event.retry == "900" && event.kind == "stream_status" && event.data["state"] == .string("draining"))
    }
}
