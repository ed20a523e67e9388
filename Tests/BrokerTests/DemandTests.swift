import Model
import Testing

@testable import Broker

@Suite("Demand")
struct DemandTests {
    @Test(
        "a subscription alone starts nothing; opening it starts the stream; after the last one it lingers, then stops")
    func lifecycle() throws {
        var world = Fixture()
        world.connectAgent()
        #expect(world.takeDesired().state?.streams == [])
        let subscription = try world.subscribe()
        #expect(world.takeDesired().count == 0)
        let connection = try world.connect(subscription)
        let started = try #require(world.takeDesired().state)
        #expect(started.streams.map(\.key) == [StreamKey(type: .metrics, agent: AgentID("a"))])
        #expect(started.streams.first?.config == DesiredConfig(interval: 5_000))
        world.disconnect(connection)
        world.advance(1_999)
        #expect(world.takeDesired().count == 0)
        world.advance(1)
        #expect(world.takeDesired().state?.streams == [])
        #expect(world.startedStreams.isEmpty)
    }

    @Test("a listener that comes back within the linger finds the stream as it was: same ref, nothing sent")
    func reload() throws {
        var world = Fixture()
        world.connectAgent()
        let subscription = try world.subscribe()
        world.disconnect(try world.connect(subscription))
        _ = world.takeDesired()
        world.advance(1_500)
        try world.connect(subscription)
        world.advance(10_000)
        #expect(world.takeDesired().count == 0)
        #expect(world.broker.activeStreams().count == 1)
    }

    @Test("without linger a stream stops at once")
    func noLinger() throws {
        var world = Fixture { $0.linger = 0 }
        world.connectAgent()
        let connection = try world.listen()
        world.disconnect(connection)
        #expect(world.takeDesired().state?.streams == [])
    }

    @Test("the smallest interval and the union of the filters run, updated in place; no filter means all parts")
    func aggregation() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen { $0.filters = ["cpu"] }
        let first = try #require(world.takeDesired().state)
        let faster = try world.listen { config in
            config.interval = 1_000
            config.filters = ["load", "memory"]
        }
        let second = try #require(world.takeDesired().state)
        #expect(second.streams.first?.config == DesiredConfig(interval: 1_000, filters: ["cpu", "load", "memory"]))
        #expect(second.streams.first?.ref == first.streams.first?.ref)
        #expect(second.generation > first.generation)
        let everything = try world.listen { $0.interval = 2_000 }
        #expect(world.takeDesired().state?.streams.first?.config == DesiredConfig(interval: 1_000))
        world.disconnect(faster)
        world.disconnect(everything)
        #expect(world.takeDesired().state?.streams.first?.config == DesiredConfig(interval: 5_000, filters: ["cpu"]))
    }

    @Test("a listener of what is made from a stream leases the stream, all parts of it")
    func derived() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen(.processedMetrics) { config in
            config.interval = 2_000
            config.filters = ["cpu"]
        }
        try world.listen(.alertEvents)
        try world.listen(.processedLogs)
        let desired = try #require(world.takeDesired().state)
        #expect(desired.streams.map(\.key.type) == [.metrics, .logAggregation])
        #expect(desired.streams.first?.config == DesiredConfig(interval: 2_000))
        let metrics = try #require(world.broker.activeStreams().first { $0.key.type == .metrics })
        #expect(metrics.leases.map(\.id.kind) == [.derived, .derived])
        #expect(metrics.leases.map(\.config.interval) == [2_000, 5_000])
    }

    @Test("what the configuration turns on runs from agent connect to agent loss, where the agent can")
    func standing() throws {
        var world = Fixture { settings in
            settings.standing = [
                StandingDemand(.healthCheck), StandingDemand(.logAggregation),
                StandingDemand(.metrics, kind: .recording, config: .defaults(for: .metrics)),
            ]
        }
        world.connectAgent(types: [.healthCheck, .metrics])
        let desired = try #require(world.takeDesired().state)
        #expect(desired.streams.map(\.key.type) == [.healthCheck, .metrics])
        #expect(desired.streams.first?.config.interval == 30_000)
        #expect(world.broker.activeStreams().flatMap(\.leases).map(\.id.kind) == [.server, .recording])
        world.loseAgent()
        #expect(world.broker.activeStreams().isEmpty)
        world.connectAgent(types: [.healthCheck, .metrics])
        #expect(world.takeDesired().state?.streams.count == 2)
    }

    @Test("a server demand is one per type and agent, changes in place, and survives a restart")
    func serverDemand() throws {
        var world = Fixture()
        world.connectAgent()
        func put(_ id: String, interval: Milliseconds) throws -> (id: ServerStreamID, isNew: Bool) {
            var config = StreamConfig.defaults(for: .metrics)
            config.interval = interval
            let result = try world.perform { broker, now, actions throws(BrokerError) in
                try broker.putServerDemand(
                    ServerStreamID(id), type: .metrics, agent: AgentID("a"), config: config, for: .anonymousAdmin, now,
                    into: &actions)
            }
            return (result.demand.id, result.isNew)
        }
        #expect(try put("srv_1", interval: 10_000) == (ServerStreamID("srv_1"), true))
        #expect(try put("srv_2", interval: 3_000) == (ServerStreamID("srv_1"), false))
        #expect(world.takeDesired().state?.streams.first?.config.interval == 3_000)
        world.restart()
        world.connectAgent()
        #expect(world.takeDesired().state?.streams.first?.config.interval == 3_000)
        try world.perform { broker, now, actions throws(BrokerError) in
            try broker.removeServerDemand(ServerStreamID("srv_1"), for: .anonymousAdmin, now, into: &actions)
        }
        world.advance(2_000)
        #expect(world.takeDesired().state?.streams == [])
        #expect(world.store.serverDemands.isEmpty)
    }

    @Test("a server demand is for admins, known agents and streams that agents run")
    func serverDemandRefusals() {
        var world = Fixture()
        world.connectAgent()
        func refusal(
            _ type: StreamType = .metrics, agent: String = "a", by principal: Principal = .anonymousAdmin
        ) -> String? {
            error { () throws(BrokerError) in
                try world.perform { broker, now, actions throws(BrokerError) in
                    _ = try broker.putServerDemand(
                        ServerStreamID("srv_1"), type: type, agent: AgentID(agent), config: .defaults(for: type),
                        for: principal, now, into: &actions)
                }
            }?.code
        }
        #expect(refusal(.alertEvents) == "invalid_field")
        #expect(refusal(.containerLogs) == "invalid_field")
        #expect(refusal(agent: "b") == "agent_not_found")
        #expect(refusal(by: .token("t", role: .operator)) == "forbidden")
        #expect(world.broker.counts.serverDemands == 0)
    }

    @Test("a task's stream runs as long as the task, with or without listeners, and no agent is asked for it")
    func tasks() throws {
        var world = Fixture()
        world.connectAgent()
        _ = world.takeDesired()
        let key = StreamKey(type: .shellOutput, agent: AgentID("a"), resource: "task_1")
        world.perform { broker, now, actions in
            broker.taskStarted(TaskID("task_1"), stream: key, now, into: &actions)
        }
        let early = try world.subscribe(.shellOutput, resource: "task_1")
        let connection = try world.connect(early)
        #expect(attachments(world.takeActions()).map(\.isTaskRunning) == [true])
        world.disconnect(connection)
        world.advance(10_000)
        #expect(world.broker.isDemanded(key))
        world.perform { broker, now, actions in broker.taskEnded(TaskID("task_1"), now, into: &actions) }
        #expect(!world.broker.isDemanded(key))
        _ = world.takeActions()
        try world.connect(early)
        #expect(attachments(world.takeActions()).map(\.isTaskRunning) == [false])
        #expect(world.takeDesired().count == 0)
    }

    @Test("the streams that run are listed in pages, with a bounded number of their leases")
    func description() throws {
        var world = Fixture()
        for agent in ["b", "a"] { world.connectAgent(agent) }
        for agent in ["b", "a"] { try world.listen(.containerLogs, agent: .one(AgentID(agent)), resource: "web") }
        for _ in 0..<150 { try world.listen() }
        let streams = world.broker.activeStreams()
        #expect(streams.map(\.key.agent.text) == ["a", "a", "b"])
        #expect(streams.map(\.leaseCount) == [1, 150, 1])
        #expect(streams.map(\.leases.count) == [1, 100, 1])
        #expect(world.broker.activeStreams(page: 2, perPage: 2) == [streams[2]])
        #expect(world.broker.activeStreams(agent: AgentID("a")) == Array(streams[..<2]))
        #expect(world.broker.activeStreamCount(agent: AgentID("a")) == 2)
        #expect(world.broker.activeStreamCount() == 3)
    }

    @Test("beyond the bound of an agent listeners are told that it is overloaded, and nothing else suffers")
    func streamsPerAgent() throws {
        var world = Fixture { $0.maxStreamsPerAgent = 2 }
        world.connectAgent()
        for name in ["x", "y", "z"] { try world.listen(.containerLogs, resource: name) }
        try world.listen(.shellOutput, resource: "task_1")
        #expect(world.takeDesired().state?.streams.map(\.key.resource) == ["x", "y"])
        #expect(world.states.values.filter { $0 == .overloaded }.count == 1)
        #expect(world.broker.counts.refusedLeases == 1)
    }
}
