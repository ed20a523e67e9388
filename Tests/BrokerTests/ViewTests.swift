import Model
import Testing

@testable import Broker

@Suite("Views")
struct ViewTests {
    @Test("a view's name says the type and what the configuration makes of it")
    func names() {
        func name(_ type: StreamType, _ change: (inout StreamConfig) -> Void = { _ in }) -> String {
            var config = StreamConfig.defaults(for: type)
            change(&config)
            return config.viewName(for: type)
        }
        #expect(name(.metrics) { $0.interval = 1_000 } == "metrics@1000ms")
        #expect(name(.metrics) { $0.filters = ["cpu", "memory"] } == "metrics@5000ms;cpu,memory")
        #expect(name(.metrics) { $0.bufferSize = 7 } == name(.metrics))
        #expect(name(.processedMetrics) { $0.includeTrends = false } == "processed_metrics@5000ms;trends=off")
        #expect(
            name(.processedMetrics) { $0.alertLevels = ["critical"] } == "processed_metrics@5000ms;levels=critical")
        #expect(name(.metrics) { $0.alertLevels = ["critical"] } == name(.metrics))
        #expect(name(.alertEvents) == "alert_events")
        #expect(name(.alertEvents) { $0.alertLevels = ["critical"] } == "alert_events;levels=critical")
        #expect(
            name(.processedLogs) { $0.query = "a;all" }
                != name(.processedLogs) { config in
                    config.query = "a"
                    config.all = true
                })
        #expect(name(.deploymentStatus) { $0.statusUpdatesOnly = true } == "deployment_status;changes")
        #expect(name(.shellOutput) == "shell_output")
    }

    @Test("listeners that want the same share a view; it stays for those who may come back, then closes")
    func sharing() throws {
        var world = Fixture()
        world.connectAgent()
        let first = try world.listen()
        let second = try world.listen()
        #expect(world.openViews.count == 1)
        world.disconnect(first)
        world.disconnect(second)
        let key = StreamKey(type: .metrics, agent: AgentID("a"))
        var due: [DueView] = []
        world.broker.collectDueViews(key, sampledAt: 1, into: &due)
        #expect(due.map(\.isWatched) == [false])
        world.advance(60_000)
        #expect(world.openViews.isEmpty)
    }

    @Test("a 5 s listener of a 1 s stream gets each fifth sample, not each sixth, however the timer trembles")
    func eachFifth() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen { $0.interval = 5_000 }
        try world.listen { $0.interval = 1_000 }
        let trembling: [Int64] = [0, 30, -40, 45, -20, 10, -45, 0]
        let taken = (0..<1_000).filter { index in
            let time = UInt64(1_000_000 + index * 1_000) &+ UInt64(bitPattern: trembling[index % 8])
            return isTaken(by: "metrics@5000ms", at: time, in: &world)
        }
        #expect(taken == Array(stride(from: 0, to: 1_000, by: 5)))
    }

    @Test("an interval that is no multiple of the stream's is rounded up to one")
    func roundedUp() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen { $0.interval = 1_500 }
        try world.listen { $0.interval = 1_000 }
        let taken = (0..<9).filter { isTaken(by: "metrics@1500ms", at: 1_000 + UInt64($0) * 1_000, in: &world) }
        #expect(taken == [0, 2, 4, 6, 8])
    }

    @Test("an agent whose clock is set back goes on being seen")
    func clockSetBack() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen()
        #expect(isTaken(by: "metrics@5000ms", at: 9_000_000, in: &world))
        #expect(!isTaken(by: "metrics@5000ms", at: 9_001_000, in: &world))
        #expect(isTaken(by: "metrics@5000ms", at: 1_000, in: &world))
        #expect(!isTaken(by: "metrics@5000ms", at: 2_000, in: &world))
    }

    @Test("events are never thinned out")
    func events() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen(.alertEvents)
        var due: [DueView] = []
        for _ in 0..<3 {
            world.broker.collectDueViews(
                StreamKey(type: .alertEvents, agent: AgentID("a")), sampledAt: 1, into: &due)
        }
        #expect(due.count == 3)
    }

    /// Whether the view of that name gets a metrics sample taken at `time`, in milliseconds.
    private func isTaken(by view: String, at time: UInt64, in world: inout Fixture) -> Bool {
        var due: [DueView] = []
        world.broker.collectDueViews(
            StreamKey(type: .metrics, agent: AgentID("a")), sampledAt: time * 1_000_000, into: &due)
        return due.contains { world.openViews[$0.topic]?.key.name == view }
    }
}
