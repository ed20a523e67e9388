import TestSupport
import Testing

@Suite struct SessionFeedTests {
    /// 300 KB of metrics: a snapshot of two such hosts is more than a client is given at once.
    private static let mounts = (0..<300).map { "/\($0)" + String(repeating: "x", count: 1_000) }

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
