import Model
import Testing

@testable import Broker

@Suite("Views of every agent in a session")
struct CoverageTests {
    /// A session that is open, with two agents.
    private func open() throws -> (world: Fixture, session: SessionID, connection: ConnectionID) {
        var world = Fixture()
        world.connectAgent("a")
        world.connectAgent("b")
        let session = try world.createSession()
        let connection = try world.connect(session)
        return (world, session, connection)
    }

    private func read(_ world: Fixture, _ connection: ConnectionID) -> [AgentSelector] {
        (world.connections[connection]?.topics ?? []).sorted().compactMap { world.openViews[$0]?.key.agent }
    }

    @Test("while one is there, the views of one agent that it covers are not read; when it has gone, they are")
    func comesAndGoes() throws {
        var (world, session, connection) = try open()
        _ = try world.subscribe(agent: .one(AgentID("a")), session: session)
        let every = try world.subscribe(agent: .every, session: session)
        #expect(read(world, connection) == [.every])
        let covered = try world.subscribe(agent: .one(AgentID("b")), session: session)
        #expect(read(world, connection) == [.every])
        try world.delete(covered)
        _ = world.takeActions()
        try world.delete(every)
        #expect(read(world, connection) == [.one(AgentID("a"))])
        let ends = world.takeActions().filter { if case .detach = $0 { true } else { false } }
        #expect(ends.count == 1, "only what was deleted has an end")
    }

    @Test("another interval or other filters are another view")
    func otherView() throws {
        var (world, session, connection) = try open()
        _ = try world.subscribe(agent: .one(AgentID("a")), session: session) { $0.interval = 1_000 }
        _ = try world.subscribe(agent: .every, session: session) { $0.interval = 2_000 }
        #expect(read(world, connection).count == 2)
    }

    @Test("an agent that is not known yet is covered as soon as it is")
    func unknownAgent() throws {
        var (world, session, connection) = try open()
        _ = try world.subscribe(agent: .every, session: session)
        _ = try world.subscribe(agent: .one(AgentID("c")), session: session) { $0.waitForAgent = true }
        #expect(read(world, connection).count == 2)
        world.connectAgent("c")
        #expect(read(world, connection) == [.every])
    }

    @Test("an agent whose labels take it out of the caller's sight is not covered any more")
    func labels() throws {
        var world = Fixture()
        let principal = Principal.token("prod", scope: AgentScope(labels: ["env": "prod"]))
        world.connectAgent("a", labels: ["env": "prod"])
        let session = try world.createSession(principal)
        let connection = try world.connect(session)
        _ = try world.subscribe(agent: .every, session: session, principal: principal)
        _ = try world.subscribe(agent: .one(AgentID("a")), session: session, principal: principal)
        #expect(read(world, connection) == [.every])
        world.connectAgent("a", labels: [:])
        #expect(read(world, connection).count == 2)
    }

    @Test("a session that is opened again joins nothing only to leave it")
    func reopened() throws {
        var (world, session, connection) = try open()
        _ = try world.subscribe(agent: .one(AgentID("a")), session: session)
        _ = try world.subscribe(agent: .every, session: session)
        world.disconnect(connection)
        _ = world.takeActions()
        let again = try world.connect(session)
        #expect(attachments(world.takeActions()).map(\.joinsTopic) == [true, false])
        #expect(read(world, again) == [.every])
    }

    @Test("of one sample, the event of a view of every agent comes last, whichever view was opened first")
    func order() throws {
        var (world, session, _) = try open()
        _ = try world.subscribe(agent: .every, session: session)
        _ = try world.subscribe(agent: .one(AgentID("a")), session: session)
        _ = try world.subscribe(agent: .every, session: session) { $0.filters = ["cpu"] }
        _ = try world.subscribe(agent: .one(AgentID("a")), session: session) { $0.filters = ["cpu"] }
        var due: [DueView] = []
        world.broker.collectDueViews(
            StreamKey(type: .metrics, agent: AgentID("a")), sampledAt: 1_000_000_000, into: &due)
        let agents = due.compactMap { world.openViews[$0.topic]?.key.agent }
        #expect(agents == [.one(AgentID("a")), .one(AgentID("a")), .every, .every])
    }
}
