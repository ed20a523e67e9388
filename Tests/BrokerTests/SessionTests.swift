import Model
import Testing

@testable import Broker

@Suite("Sessions")
struct SessionTests {
    @Test("subscriptions come and go while the session's connection is open")
    func liveChanges() throws {
        var world = Fixture()
        world.connectAgent()
        let session = try world.createSession()
        let connection = try world.connect(session)
        _ = world.takeDesired()
        let subscription = try world.subscribe(session: session)
        #expect(world.connections[connection]?.subscriptions == [subscription])
        #expect(world.takeDesired().state?.streams.count == 1)
        try world.delete(subscription)
        #expect(world.connections[connection] == Fixture.Connection())
        #expect(world.ends.isEmpty)
    }

    @Test("two subscriptions to the same view join its topic once, and leave it with the second")
    func sharedTopic() throws {
        var world = Fixture()
        world.connectAgent()
        let session = try world.createSession()
        let connection = try world.connect(session)
        let first = try world.subscribe(session: session)
        let second = try world.subscribe(session: session)
        #expect(attachments(world.takeActions()).map(\.joinsTopic) == [true, false])
        try world.delete(first)
        #expect(world.connections[connection]?.topics.count == 1)
        try world.delete(second)
        #expect(world.connections[connection]?.topics.isEmpty == true)
    }

    @Test("its connection lost, it keeps its subscriptions for the resume window, then they go together")
    func resume() throws {
        var world = Fixture()
        world.connectAgent()
        let session = try world.createSession()
        let ids = Set(try (0..<3).map { _ in try world.subscribe(session: session) })
        world.disconnect(try world.connect(session))
        world.advance(59_999)
        let again = try world.connect(session)
        #expect(world.connections[again]?.subscriptions == ids)
        world.disconnect(again)
        world.advance(60_000)
        #expect(Set(world.forgotten.keys) == ids)
        #expect(world.store.sessions.isEmpty)
        #expect(world.broker.counts == BrokerCounts(connectedAgents: 1))
    }

    @Test("the 257th subscription is refused")
    func full() throws {
        var world = Fixture()
        world.connectAgent()
        let session = try world.createSession()
        for _ in 0..<256 { _ = try world.subscribe(session: session) }
        let error = error { () throws(BrokerError) in _ = try world.subscribe(session: session) }
        #expect(error == .sessionFull(limit: 256))
    }

    @Test("only its owner can add to it, and what is in it is not opened by itself")
    func ownership() throws {
        var world = Fixture()
        world.connectAgent()
        let session = try world.createSession(.token("mine"))
        let foreign = error { () throws(BrokerError) in
            _ = try world.subscribe(session: session, principal: .token("other"))
        }
        #expect(foreign == .sessionNotFound(session))
        let subscription = try world.subscribe(session: session, principal: .token("mine"))
        #expect(error { () throws(BrokerError) in try world.connect(subscription) }?.code == "conflict")
    }

    @Test("deleting it ends the connection once, with all its subscriptions")
    func deleted() throws {
        var world = Fixture()
        world.connectAgent()
        let session = try world.createSession()
        for _ in 0..<3 { _ = try world.subscribe(session: session) }
        let connection = try world.connect(session)
        try world.perform { broker, now, actions throws(BrokerError) in
            try broker.delete(session, by: .anonymousAdmin, now, into: &actions)
        }
        #expect(world.ends == [connection: .unsubscribed])
        #expect(world.broker.counts.subscriptions == 0)
    }

    @Test("a stream that is over leaves the session; the others go on")
    func completed() throws {
        var world = Fixture()
        world.connectAgent()
        let session = try world.createSession()
        let task = try world.subscribe(.shellOutput, resource: "task_1", session: session)
        let metrics = try world.subscribe(session: session)
        let connection = try world.connect(session)
        world.perform { broker, now, actions in broker.complete(task, now, into: &actions) }
        #expect(world.connections[connection]?.subscriptions == [metrics])
        let replacement = try world.connect(session)
        #expect(world.connections[replacement]?.subscriptions == [metrics])
        world.advance(60_000)
        #expect(world.forgotten == [task: .expired])
    }

    @Test("an end that the client has not seen brings the stream back; it is over once more when it was")
    func missedEnd() throws {
        var world = Fixture()
        world.connectAgent()
        let session = try world.createSession()
        let first = try world.subscribe(.shellOutput, resource: "task_1", session: session)
        let second = try world.subscribe(.shellOutput, resource: "task_1", session: session)
        let connection = try world.connect(session)
        let topic = try #require(world.openViews.keys.first)
        let over = world.perform { broker, now, actions in
            broker.complete(topic, on: connection, now, into: &actions)
        }
        #expect(over == [first, second])
        #expect(world.connections[connection] == Fixture.Connection())
        let again = try world.connect(session, missedEnds: [second])
        #expect(world.connections[again]?.subscriptions == [second])
        world.disconnect(again)
        world.advance(59_999)
        #expect(world.forgotten[second] == nil, "it can be taken up for as long as its session")
    }
}
