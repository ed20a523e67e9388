import JSON

/// What bodies and events look like, for people who read the document.
package enum Examples {
    /// Bodies by the name of their schema. That each is taken, a test says.
    package static let requests = [
        "SubscriptionRequest":
            #"{"stream_type":"metrics","agent_id":"web1","config":{"interval":"1s","filters":["cpu.usage_percent","load"]}}"#,
        "SessionRequest": "{}",
        "LoginRequest": #"{"token":"sluice_BzJ0iQz8nqmOPDHYCXwKTm8Vb5oqKp0s"}"#,
        "ShellTaskRequest": #"{"agent_id":"web1","cmd":"uptime","timeout":"30s"}"#,
        "DockerTaskRequest":
            #"{"agent_id":"web1","operation":"run","image":"nginx:1.27","container":"web","env":{"TZ":"UTC"}}"#,
        "DeploymentRequest":
            #"{"agent_id":"web1","name":"web","steps":[{"name":"pull","cmd":"docker compose pull"},{"name":"up","cmd":"docker compose up -d","timeout":"5m"}]}"#,
        "ServerStreamRequest": #"{"stream_type":"health_check","agent_id":"web1","config":{"interval":"30s"}}"#,
        "MetricsStartRequest": #"{"interval_seconds":5,"metrics":["cpu","memory"]}"#,
        "SystemRefreshRequest": #"{"include_software":false}"#,
        "AcknowledgeRequest": "{}",
        "SilenceRequest":
            #"{"matchers":{"rule":"disk_*","agent_id":"web1"},"duration":"2h","comment":"disk is being replaced"}"#,
        "AlertRules":
            #"{"rules":[{"name":"memory_full","source":"metrics","metric":"memory.usage_percent","op":">","threshold":90,"for":"1m"}]}"#,
    ]

    /// The beginning of a stream with one event.
    static func stream(_ event: StreamEvents.Row) -> String {
        let data = JSONWriter.render { SchemaTable.schemas[event.schema]?.writeExample(to: &$0) }
        return
            "retry: 3000\nid: e1.41.7\n\nid: e1.42.8\nevent: \(event.event)\ndata: \(String(decoding: data, as: UTF8.self))\n\n"
    }
}

extension Schema {
    /// A value that fits: by the name of the member where that says something, otherwise by its shape.
    func writeExample(of name: String = "", to writer: inout JSONWriter) {
        if let known = Self.knownValues[name], fits(known) { return writer.value(known) }
        switch shape {
        case .anything: writer.object { _ in }
        case .boolean: writer.value(true)
        case .integer(let range): writer.value(max(1, range?.lowerBound ?? 1))
        case .number(let range): writer.value(range.map { min(max(0.5, $0.lowerBound), $0.upperBound) } ?? 12.5)
        case .text(let rules): writer.value(rules.example(name))
        case .choice(let texts): writer.value(texts[0])
        case .list(let element, _): writer.array { element.writeExample(of: name, to: &$0) }
        case .object(let members, _):
            writer.object {
                for member in members {
                    $0.name(member.name)
                    member.schema.writeExample(of: member.name, to: &$0)
                }
            }
        case .map(let value, _):
            writer.object {
                $0.name("env")
                value.writeExample(of: "env", to: &$0)
            }
        case .either(let schemas): schemas[0].writeExample(of: name, to: &writer)
        case .reference(let component): SchemaTable.schemas[component]?.writeExample(of: name, to: &writer)
        }
    }

    private func fits(_ value: JSONValue) -> Bool {
        switch (shape, value) {
        case (.text, .string), (.number, .integer), (.integer, .integer), (.number, .double): true
        case (.choice(let texts), .string(let text)): texts.contains(text)
        default: false
        }
    }

    private static let knownValues: [String: JSONValue] = [
        "agent_id": .string("web1"), "agentId": .string("web1"), "hostname": .string("web1.example.net"),
        "version": .string("0.1.0"), "address": .string("192.0.2.7:50312"), "code": .string("invalid_field"),
        "field": .string("config.interval"),
        "error": .string("config.interval must be from 100ms to 1h, not 50ms"),
        "timestamp": .integer(1_738_138_530), "subscription_id": .string("sub_3kTq"), "session_id": .string("ses_8vMd"),
        "stream_url": .string("/streams/sub_3kTq"), "events_url": .string("/sessions/ses_8vMd/events"),
        "task_id": .string("task_5mXa"), "taskId": .string("task_5mXa"), "deployment_id": .string("dep_2pLc"),
        "view": .string("metrics@1000ms;cpu.usage_percent,load"), "stream_type": .string("metrics"),
        "total_bytes": .integer(16_777_216_000), "used_bytes": .integer(6_291_456_000), "name": .string("web"),
        "message": .string("Container failed to start"), "component": .string("docker"), "cmd": .string("uptime"),
        "line": .string("listening on port 80"), "stdout": .string("listening on port 80\n"), "stderr": .string(""),
        "exitCode": .integer(0), "exit_code": .integer(0), "rule": .string("memory_full"),
        "mount_point": .string("/var"),
        "device": .string("/dev/vda1"), "filesystem": .string("ext4"), "interface": .string("eth0"),
        "metric": .string("memory.usage_percent"), "resource": .string(""), "unit": .string("db.service"),
        "state": .string("active"), "reason": .string("completed"), "kind": .string("unit_failed"),
        "isFinal": .bool(false), "cancelled": .bool(false), "status": .string("IN_PROGRESS"),
    ]
}

extension Schema.TextRules {
    fileprivate func example(_ name: String) -> String {
        if format == "date-time" { return "2025-01-29T08:15:30.007Z" }
        if pattern?.hasSuffix("(ms|s|m|h)$") == true { return "5s" }
        return name.isEmpty ? "text" : name
    }
}
