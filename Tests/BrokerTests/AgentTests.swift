import Model
import Testing

@testable import Broker

@Suite("Agents")
struct AgentTests {
    @Test("an agent that comes back is told everything, under a higher generation")
    func reconnect() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen()
        let before = try #require(world.takeDesired().state)
        world.loseAgent()
        try world.listen(.containerLogs, resource: "web")
        #expect(world.takeDesired().count == 0)
        world.connectAgent()
        let after = try #require(world.takeDesired().state)
        #expect(after.generation > before.generation)
        #expect(after.streams.map(\.key.type) == [.metrics, .containerLogs])
        #expect(after.streams.first == before.streams.first)
    }

    @Test("an agent that is behind is told again: at the heartbeat, or a second after it was told")
    func resend() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen()
        let generation = try #require(world.takeDesired().state?.generation)
        world.heartbeat(applied: generation - 1)
        world.advance(999)
        #expect(world.takeDesired().count == 0)
        world.advance(1)
        #expect(world.takeDesired().state?.generation == generation)
        world.advance(9_000)
        world.heartbeat(applied: generation - 1)
        #expect(world.takeDesired().count == 1)
        world.heartbeat(applied: generation - 1)
        world.heartbeat(applied: generation)
        world.advance(60_000)
        #expect(world.takeDesired().count == 0)
    }

    @Test("listeners hear where their agent is, and what it cannot do")
    func states() throws {
        var world = Fixture()
        let subscription = try world.subscribe { $0.waitForAgent = true }
        try world.connect(subscription)
        #expect(world.states[subscription] == .waitingForAgent)
        world.connectAgent(types: [.containerLogs])
        #expect(world.states[subscription] == .unsupported)
        #expect(world.takeDesired().state?.streams == [])
        world.loseAgent()
        #expect(world.states[subscription] == .agentLost)
        world.connectAgent()
        #expect(world.states[subscription] == .active)
        let desired = try #require(world.takeDesired().state)
        let ref = try #require(desired.streams.first?.ref)
        func report(_ rejected: [RejectedStream]) {
            world.perform { broker, now, actions in
                broker.streamStates(
                    AgentID("a"), appliedGeneration: desired.generation, rejected: rejected, now, into: &actions)
            }
        }
        report([RejectedStream(ref: ref, code: "failed", message: "no /proc")])
        #expect(world.states[subscription] == .rejected(code: "failed", message: "no /proc"))
        report([])
        #expect(world.states[subscription] == .active)
    }

    @Test("the state of a stream that is made from another one is the other one's")
    func derivedState() throws {
        var world = Fixture()
        world.connectAgent(types: [])
        let subscription = try world.subscribe(.alertEvents)
        try world.connect(subscription)
        #expect(world.states[subscription] == .unsupported)
    }

    @Test("a listener of every agent leases those in scope, later ones included, and follows their labels")
    func everyAgent() throws {
        var world = Fixture()
        world.connectAgent("a", labels: ["env": "prod"])
        world.connectAgent("b", labels: ["env": "test"])
        let prod = Principal.token("prod", scope: AgentScope(labels: ["env": "prod"]))
        let subscription = try world.subscribe(agent: .every, principal: prod)
        let connection = try world.connect(subscription)
        #expect(world.takeDesired("a").state?.streams.count == 1)
        #expect(world.takeDesired("b").state?.streams == [])
        world.connectAgent("c", labels: ["env": "prod"])
        #expect(world.takeDesired("c").state?.streams.count == 1)
        world.connectAgent("c", labels: ["env": "test"])
        world.advance(2_000)
        #expect(world.takeDesired("c").state?.streams == [])
        #expect(world.broker.activeStreams().flatMap(\.leases).map(\.id.name) == [subscription.text])
        world.loseAgent("a")
        #expect(world.states[subscription] == .waitingForAgent)
        world.disconnect(connection)
        #expect(world.broker.activeStreams().isEmpty)
    }

    @Test("listeners of every agent with different rights never share a view")
    func scopeIsPartOfTheView() throws {
        var world = Fixture()
        world.connectAgent("a")
        try world.listen(agent: .every)
        try world.listen(agent: .every, principal: .token("t", scope: AgentScope(agents: ["b"])))
        #expect(world.openViews.count == 2)
        var due: [DueView] = []
        world.broker.collectDueViews(StreamKey(type: .metrics, agent: AgentID("a")), sampledAt: 1, into: &due)
        #expect(due.count == 1)
    }

    @Test("different views of every agent are bounded; more of the same are not")
    func viewsOfEveryAgent() throws {
        var world = Fixture { $0.maxViewsOfEveryAgent = 1 }
        world.connectAgent()
        let first = try world.subscribe(agent: .every)
        let second = try world.subscribe(agent: .every)
        let refused = error { () throws(BrokerError) in
            _ = try world.subscribe(agent: .every) { $0.interval = 1_000 }
        }
        #expect(refused == .overloaded)
        try world.delete(first)
        try world.delete(second)
        _ = try world.subscribe(agent: .every) { $0.interval = 1_000 }
    }

    @Test("who reads what a task has left is not told about its agent")
    func endedTask() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen(.shellOutput, resource: "task_1")
        world.loseAgent()
        #expect(world.states.isEmpty)
    }

    @Test("a ref leads to its stream while that runs, and never to another one")
    func refs() throws {
        var world = Fixture { $0.linger = 0 }
        world.connectAgent()
        let connection = try world.listen()
        let ref = try #require(world.takeDesired().state?.streams.first?.ref)
        #expect(world.broker.streamKey(agent: AgentID("a"), ref: ref)?.type == .metrics)
        world.disconnect(connection)
        #expect(world.broker.streamKey(agent: AgentID("a"), ref: ref) == nil)
        try world.listen(.containerLogs, resource: "web")
        #expect(world.takeDesired().state?.streams.map(\.ref) != [ref])
    }
}
