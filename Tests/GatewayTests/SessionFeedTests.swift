import JSON
import TestSupport
import Testing

@Suite struct SessionFeedTests {
    /// 300 KB of metrics: a snapshot of two such hosts is more than a client is given at once.
    private static let mounts = (0..<300).map { "/\($0)" + String(repeating: "x", count: 1_000) }

    @Test("a session that opens is shown each host once, however many of its subscriptions show it")
    func snapshotsOnce() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let watcher = try await gateway.listen("metrics", agent: "agent1")
        let desired = try await agent.hearDesired(metrics: [5_000])
        agent.metrics(ref: desired.streams[0].ref, generation: desired.generation, cpu: 1, at: 1_000)
        _ = try await watcher.hear(1, "metrics")
        let session = try await gateway.createSession()
        for shown in ["agent1", "*", "agent1"] { _ = try await gateway.add("metrics", agent: shown, to: session.id) }
        _ = try await gateway.add("metrics", agent: "agent1", config: "\"filters\":[\"cpu\"]", to: session.id)
        let reader = SessionReader(path: session.path)
        try reader.connect(to: gateway)
        try await eventually("all are open") { reader.seen("stream_status").count == 4 }
        agent.metrics(ref: desired.streams[0].ref, generation: desired.generation, cpu: 2, at: 6_000)
        try await eventually("a sample") { reader.seen("metrics").contains { $0.data["metadata"]?["snapshot"] == nil } }
        let snapshots = reader.seen("metrics").filter { $0.data["metadata"]?["snapshot"] == .bool(true) }
        #expect(snapshots.count == 2, "one for each view")
        _ = try await gateway.add("metrics", agent: "agent1", to: session.id)
        try await eventually("one for whoever comes later") {
            reader.seen("metrics").count { $0.data["metadata"]?["snapshot"] == .bool(true) } == 3
        }
        await gateway.stop()
    }

    @Test("in a session, a long snapshot of all hosts and the long output of a task come both to their end")
    func snapshotAndReplay() async throws {
        let gateway = try await TestGateway()
        let agents = [try await gateway.agent(), try await gateway.agent { $0.id = "agent2" }]
        let watcher = try await gateway.listen("metrics", agent: "*")
        for agent in agents {
            let desired = try await agent.hearDesired(metrics: [5_000])
            agent.metrics(
                ref: desired.streams[0].ref, generation: desired.generation, cpu: 1, at: 1_000, mounts: Self.mounts)
        }
        try await eventually("both have told") { watcher.events("metrics").count == 2 }
        let task = try await gateway.runShell("print")
        try await agents[0].hearTask(task)
        for first in stride(from: 1, to: 2_000, by: 500) as StrideTo<UInt64> {
            agents[0].lines(task, from: first, (0..<500).map { "line \($0)" })
        }
        try await agents[0].hearAck(task, upTo: 2_000)
        let session = try await gateway.createSession()
        _ = try await gateway.add("metrics", agent: "*", to: session.id)
        _ = try await gateway.add("shell_output", resource: task, to: session.id)
        let reader = SessionReader(path: session.path)
        try reader.connect(to: gateway)
        try await eventually("the snapshots") { reader.seen("metrics").count == 2 }
        try await eventually("all lines") { reader.lines(of: task).count == 2_000 }
        #expect(reader.lines(of: task) == Array(1...2_000))
        await gateway.stop()
    }
}
