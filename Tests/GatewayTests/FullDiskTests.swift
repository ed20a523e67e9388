import JSON
import TestSupport
import Testing

/// Needs the right to mount; elsewhere it is skipped.
@Suite(.enabled(if: SmallDisk.isPossible)) struct FullDiskTests {
    @Test("on a full disk streaming goes on, readiness says what is wrong, and all is well when there is room again")
    func fullDisk() async throws {
        let disk = try SmallDisk(kibibytes: 2_048)
        let gateway = try await TestGateway(data: disk.path)
        let agent = try await gateway.agent()
        let stream = try await gateway.listen("metrics", agent: "agent1", config: "\"interval\":\"1s\"")
        let desired = try await agent.hearDesired(metrics: [1_000])
        let task = try await gateway.runShell("noise")
        try await agent.hearTask(task)
        let output = try await gateway.listen("shell_output", resource: task)
        try await eventually("it is open") { output.text.contains("id: l0") }
        disk.fill()
        let long = String(repeating: "x", count: 60_000)
        agent.lines(task, from: 1, [long, long, long, long])
        try await output.hear(4, "shell_output")
        try await eventually("readiness names the store") {
            try await gateway.get("/readyz")["checks"]?["store"]?["ok"] == .bool(false)
        }
        #expect(try await gateway.get("/readyz")["status"] == .string("ready"))
        agent.metrics(ref: desired.streams[0].ref, generation: desired.generation, cpu: 7, at: 1_000)
        try await stream.hear(1, "metrics")
        #expect(try await gateway.get("/agents/agent1")["connected"] == .bool(true))
        let refused = try await gateway.call(
            "POST", "/tasks/shell", "{\"agent_id\":\"agent1\",\"cmd\":\"\(long)\"}")
        #expect(refused.status == 503, "\(refused.text)")

        disk.empty()
        try await agent.hearAck(task, upTo: 4)
        try await eventually("readiness is well") {
            try await gateway.get("/readyz")["checks"]?["store"]?["ok"] == .bool(true)
        }
        await gateway.stop()
    }

    @Test("on a full disk, who asks for logs of the past is told of a gap of unknown size at once, and goes on live")
    func historyOnFullDisk() async throws {
        let disk = try SmallDisk(kibibytes: 4_096)
        let gateway = try await TestGateway(data: disk.path)
        let agent = try await gateway.agent { $0.streamTypes = ["metrics", "health_check", "log_aggregation"] }
        let stream = try await agent.hearStream("log_aggregation")
        agent.logs(ref: stream.ref, from: 1, ["stored"])
        try await agent.hearAck(of: stream.ref, upTo: 1)
        disk.fill()
        // Before the disk is known to be full, and when it is.
        let early = try await gateway.listen("processed_logs", agent: "agent1", config: "\"all\":true,\"since\":\"1h\"")
        try await early.hear(1, "processed_logs")
        let long = String(repeating: "x", count: 50_000)
        agent.logs(ref: stream.ref, from: 2, Array(repeating: long, count: 8))
        try await eventually("readiness names the store") {
            try await gateway.get("/readyz")["checks"]?["store"]?["ok"] == .bool(false)
        }
        let late = try await gateway.listen("processed_logs", agent: "agent1", config: "\"all\":true,\"since\":\"1h\"")
        try await eventually("a gap") { !late.events("gap").isEmpty }
        #expect(late.events("gap")[0].data["missed"] == .null)
        disk.empty()
        try await agent.hearAck(of: stream.ref, upTo: 9)
        agent.logs(ref: stream.ref, from: 10, ["live"])
        let live = try await late.hear(1, "processed_logs")
        #expect(live.map { $0.data["data"]?["original"]?["message"] } == [.string("live")])
        await gateway.stop()
    }

    @Test("a listener that comes when a task has ended but its end is not stored yet gets the end when it is")
    func endNotStored() async throws {
        let disk = try SmallDisk(kibibytes: 2_048)
        let gateway = try await TestGateway(data: disk.path)
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("noise")
        try await agent.hearTask(task)
        let path = try await gateway.subscribe("shell_output", resource: task)
        disk.fill()
        agent.finish(task, seq: 1, exitCode: 0)
        try await gateway.waitForTask(task, status: "completed")
        let late = try EventSource(port: gateway.httpPort, path)
        try await eventually("it is open") { late.text.contains("id: l0") }
        disk.empty()
        try await late.hearEnd()
        #expect(late.events("shell_output").compactMap(\.id) == ["l1"])
        #expect(late.events("stream_end").count == 1)
        await gateway.stop()
    }
}
