import Broker
import JSON
import Model
import Testing
import Wire

@testable import Hub

@Suite("Events of the API before subscriptions")
struct LegacyEventTests {
    private func prefix(_ type: StreamType, resource: String = "") throws -> EventPrefix {
        var config = StreamConfig.defaults(for: type)
        config.format = .legacy
        return EventPrefix(try TestView.description(type, resource: resource, config: config).key, format: .legacy)
    }

    private func line(
        _ text: String, _ stream: OutputStream = .stdout, isTruncated: Bool = false, type: StreamType = .shellOutput
    ) throws -> String {
        let prefix = try prefix(type, resource: "task_1")
        return rendered { buffer in
            Array(text.utf8).withUnsafeBytes { text in
                TaskEvent.write(
                    OutputLine(
                        seq: 37, stream: stream, isTruncated: isTruncated, time: EventWriterTests.time, text: text),
                    of: TaskID("task_1"), agent: AgentID("agent1"), prefix: prefix, to: buffer)
            }
        }
    }

    private func final(_ status: TaskStatus, _ exitCode: Int32?) throws -> ParsedEvent {
        let prefix = try prefix(.shellOutput, resource: "task_1")
        return try ParsedEvent(
            rendered {
                TaskEvent.writeFinal(
                    OutputEnd(seq: 3, status: status, exitCode: exitCode, time: EventWriterTests.time),
                    of: TaskID("task_1"), agent: AgentID("agent1"), prefix: prefix, to: $0)
            })
    }

    @Test("metrics are bare")
    func metrics() throws {
        let prefix = try prefix(.metrics)
        let text = rendered {
            EventWriter.write(
                to: $0, id: .event(.init(epoch: 2, number: 40, index: 7)), prefix: prefix, agent: AgentID("agent1"),
                at: EventWriterTests.time, metadata: "{}"
            ) { $0.append("{\"x\":1}") }
        }
        #expect(text == "id: e2.14.7\nevent: metrics\ndata: {\"x\":1}\n\n")
    }

    @Test("a line is a task response in protobuf's JSON, and has its line break")
    func bytes() throws {
        #expect(
            try line("hello") == """
                id: l11
                event: response
                data: {"agentId":"agent1","taskId":"task_1","status":"IN_PROGRESS","isFinal":false,"cancelled":false,\
                "shellExecute":{"stdout":"hello\\n","stderr":"","exitCode":0}}


                """)
        let error = try ParsedEvent(line("oops", .stderr)).data["shellExecute"]
        #expect(error?["stderr"] == .string("oops\n") && error?["stdout"] == .string(""))
        #expect(try ParsedEvent(line("part", isTruncated: true)).data["shellExecute"]?["stdout"] == .string("part"))
    }

    @Test("a Docker operation has a name of its own")
    func docker() throws {
        let data = try ParsedEvent(line("pulled", type: .dockerOutput)).data
        #expect(data["dockerOperation"]?["stdout"] == .string("pulled\n"))
        #expect(data["shellExecute"] == nil)
    }

    @Test(
        "whatever a host prints stays one line of data", arguments: ["a\nb", "\"\\\u{0}", "data: x\n\nid: l1\n\n", "🎉"])
    func escapes(_ text: String) throws {
        #expect(try ParsedEvent(line(text)).data["shellExecute"]?["stdout"] == .string(text + "\n"))
    }

    @Test(
        "the end has the status by its name in the protocol, and the exit code",
        arguments: [
            (TaskStatus.completed, "COMPLETED", false), (.failed, "FAILURE", false), (.timeout, "FAILURE", false),
            (.cancelled, "FAILURE", true),
        ])
    func end(status: TaskStatus, name: String, isCancelled: Bool) throws {
        let event = try final(status, 3)
        #expect(event.id == "l3" && event.kind == "response")
        #expect(event.data["status"] == .string(name))
        #expect(event.data["isFinal"] == .bool(true) && event.data["cancelled"] == .bool(isCancelled))
        #expect(event.data["shellExecute"]?["exitCode"] == .integer(3))
        #expect(try final(status, nil).data["shellExecute"]?["exitCode"] == .integer(0))
    }

    @Test("what is not of the stream is a comment, with its id")
    func controlEvents() {
        let id = SubscriptionID("sub_1")
        let gap = ControlEvent.gap(missed: 2, from: 4, to: 5, id, id: .line(5), format: .legacy)
        #expect(
            String(decoding: gap, as: UTF8.self)
                == "id: l5\n: gap {\"missed\":2,\"from\":4,\"to\":5,\"subscription_id\":\"sub_1\"}\n\n")
        let end = ControlEvent.end(.completed, id, exitCode: 1, format: .legacy)
        #expect(String(decoding: end, as: UTF8.self).hasPrefix(": stream_end {"))
        let status = ControlEvent.status(.active, id, at: EventWriterTests.time, format: .legacy)
        #expect(String(decoding: status, as: UTF8.self).hasPrefix(": stream_status {"))
    }
}
