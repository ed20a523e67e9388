import Model
import Testing

@testable import Broker

@Suite("Subscriptions")
struct SubscriptionTests {
    @Test("one that nobody opens expires; one whose connection ended can be opened again for a while")
    func lifetimes() throws {
        var world = Fixture()
        world.connectAgent()
        let unopened = try world.subscribe()
        let opened = try world.subscribe()
        let connection = try world.connect(opened)
        world.advance(60_000)
        #expect(world.forgotten == [unopened: .expired])
        world.disconnect(connection)
        world.advance(59_999)
        try world.connect(opened)
        world.advance(600_000)
        world.disconnect(try #require(world.connections.keys.first))
        world.advance(60_000)
        #expect(world.forgotten[opened] == .expired)
        #expect(world.store.subscriptions.isEmpty)
        #expect(error { () throws(BrokerError) in try world.connect(opened) }?.code == "subscription_not_found")
    }

    @Test("those that want the same share what describes it, as long as there is one of them")
    func shared() throws {
        var world = Fixture()
        world.connectAgent()
        let first = try world.subscribe()
        let second = try world.subscribe()
        let other = try world.subscribe { $0.bufferSize = 7 }
        #expect(world.broker.clients[first]?.kind === world.broker.clients[second]?.kind)
        #expect(world.broker.clients[first]?.kind !== world.broker.clients[other]?.kind)
        #expect(world.broker.clients[other]?.record.config.bufferSize == 7)
        #expect(world.broker.clients.kindCount == 2)
        world.advance(60_000)
        #expect(world.broker.clients.kindCount == 0)
    }

    @Test("one that was made for its connection is not kept, and goes with it")
    func ownConnection() throws {
        var world = Fixture()
        world.connectAgent()
        let current = try world.listen()
        let subscription = try world.subscribe { $0.format = .legacy }
        #expect(world.store.subscriptions.map(\.id).contains(subscription) == false)
        let connection = try world.connect(subscription)
        #expect(world.openViews.count == 2)
        world.disconnect(connection)
        #expect(world.forgotten == [subscription: .expired])
        #expect(world.openViews.count == 1)
        #expect(world.connections.keys.map(\.self) == [current])
    }

    @Test("one that was made for its connection goes when its stream is over")
    func ownConnectionCompleted() throws {
        var world = Fixture()
        world.connectAgent()
        let subscription = try world.subscribe { $0.format = .legacy }
        let connection = try world.connect(subscription)
        world.perform { broker, now, actions in broker.complete(subscription, now, into: &actions) }
        #expect(world.forgotten == [subscription: .completed])
        world.disconnect(connection)
        #expect(world.openViews.isEmpty)
    }

    @Test("listeners of both formats have one stream on the agent")
    func formatsShareTheStream() throws {
        var world = Fixture()
        world.connectAgent()
        try world.listen { $0.interval = 1_000 }
        try world.listen {
            $0.format = .legacy
            $0.interval = 2_000
        }
        let streams = try #require(world.takeDesired().state?.streams)
        #expect(streams.count == 1 && world.startedStreams.count == 1)
        #expect(world.openViews.values.map(\.key.name).sorted() == ["metrics@1000ms", "metrics@2000ms;legacy"])
    }

    @Test("a second connection replaces the first, whose late end changes nothing")
    func replaced() throws {
        var world = Fixture()
        world.connectAgent()
        let subscription = try world.subscribe()
        let first = try world.connect(subscription)
        _ = world.takeDesired()
        let second = try world.connect(subscription)
        #expect(world.ends == [first: .replaced])
        world.disconnect(first)
        world.advance(100_000)
        #expect(world.connections.keys.map(\.self) == [second])
        #expect(world.takeDesired().count == 0)
        #expect(try world.broker.subscription(subscription, for: .anonymousAdmin).connection == second)
    }

    @Test("deleting ends the connection; only the owner and admins can")
    func deleted() throws {
        var world = Fixture()
        world.connectAgent()
        let subscription = try world.subscribe(principal: .token("mine"))
        let connection = try world.connect(subscription)
        let refused = error { () throws(BrokerError) in
            try world.perform { broker, now, actions throws(BrokerError) in
                try broker.delete(subscription, by: .token("other"), now, into: &actions)
            }
        }
        #expect(refused == .subscriptionNotFound(subscription))
        try world.delete(subscription)
        #expect(world.ends == [connection: .unsubscribed])
        #expect(world.openViews.isEmpty)
    }

    @Test("what was delivered to its end stays ended for those that know it, unless they missed the end")
    func completed() throws {
        var world = Fixture()
        world.connectAgent()
        let subscription = try world.subscribe(.shellOutput, resource: "task_1")
        let connection = try world.connect(subscription)
        world.perform { broker, now, actions in broker.complete(subscription, now, into: &actions) }
        #expect(world.ends == [connection: .completed])
        #expect(error { () throws(BrokerError) in try world.connect(subscription) } == .ended)
        try world.connect(subscription, missedEnd: true)
        world.perform { broker, now, actions in broker.complete(subscription, now, into: &actions) }
        world.advance(60_000)
        #expect(world.broker.counts == BrokerCounts(connectedAgents: 1))
    }

    @Test("streams end with the token that made them, by the wall clock, and when it is revoked")
    func tokens() throws {
        var world = Fixture()
        world.connectAgent()
        let expires = world.now.wall + 90_000
        let short = try world.listen(principal: .token("short", expires: expires))
        let long = try world.listen(principal: .token("long"))
        world.advance(30_000)
        world.setWallClock(by: -20_000)
        world.advance(60_000)
        #expect(world.ends.isEmpty)
        world.advance(20_000)
        #expect(world.ends == [short: .tokenExpired])
        world.perform { broker, now, actions in
            broker.endToken(TokenName("long"), .tokenRevoked, now, into: &actions)
        }
        #expect(world.ends[long] == .tokenRevoked)
        #expect(world.broker.counts.subscriptions == 0)
    }

    @Test("a jump of the wall clock does not expire anything")
    func wallClock() throws {
        var world = Fixture()
        world.connectAgent()
        let subscription = try world.subscribe()
        world.setWallClock(by: 86_400_000)
        world.advance(59_000)
        try world.connect(subscription)
    }

    @Test("after a restart what was subscribed can be opened for another resume window")
    func restart() throws {
        var world = Fixture()
        world.connectAgent()
        let session = try world.createSession()
        let inSession = try world.subscribe(session: session)
        let alone = try world.subscribe()
        try world.connect(alone)
        world.advance(50_000)
        world.restart()
        world.advance(50_000)
        let connection = try world.connect(session)
        #expect(world.connections[connection]?.subscriptions == [inSession])
        #expect(attachments(world.takeActions()).last?.isResumed == true)
        world.advance(20_000)
        #expect(world.forgotten == [alone: .expired])
    }

    @Test("lists are in the order of creation, in pages, filtered, and show only what the caller owns")
    func lists() throws {
        var world = Fixture()
        for name in ["a", "b"] { world.connectAgent(name) }
        let mine = try (0..<5).map { _ in try world.subscribe(principal: .token("mine")) }
        let other = try world.subscribe(.alertEvents, agent: .one(AgentID("b")), principal: .token("other"))
        try world.delete(mine[1])
        let page = world.broker.subscriptions(SubscriptionFilter(), for: .token("mine"), page: 2, perPage: 3)
        #expect(page.total == 4)
        #expect(page.subscriptions.map(\.record.id) == [mine[4]])
        let alerts = world.broker.subscriptions(
            SubscriptionFilter(type: .alertEvents, agent: .one(AgentID("b"))), for: .anonymousAdmin, page: 1, perPage: 9
        )
        #expect(alerts.subscriptions.map(\.record.id) == [other])
        #expect(
            world.broker.subscriptions(SubscriptionFilter(), for: .anonymousAdmin, page: .max, perPage: 2).total == 5)
    }

    @Test("lists keep their order over a restart, whatever order the store has")
    func orderAfterRestart() throws {
        var world = Fixture()
        world.connectAgent()
        var ids: [SubscriptionID] = []
        for _ in 0..<5 {
            ids.append(try world.subscribe())
            world.advance(10)
        }
        world.store.subscriptions.reverse()
        world.restart()
        let list = world.broker.subscriptions(SubscriptionFilter(), for: .anonymousAdmin, page: 1, perPage: 100)
        #expect(list.subscriptions.map(\.record.id) == ids)
    }

    @Test("what belongs to a token that has ended meanwhile does not survive a restart")
    func tokenEndedMeanwhile() throws {
        var world = Fixture()
        world.connectAgent()
        let owner = Principal.token("t", expires: world.now.wall + 10_000)
        let session = try world.createSession(owner)
        let subscription = try world.subscribe(session: session, principal: owner)
        world.setWallClock(by: 20_000)
        world.restart()
        #expect(world.forgotten == [subscription: .tokenExpired])
        #expect(world.store.sessions.isEmpty && world.store.subscriptions.isEmpty)
    }

    @Test("a token has a bounded number of subscriptions and sessions; what goes makes room")
    func limits() throws {
        var world = Fixture { $0.maxSubscriptionsPerToken = 2 }
        world.connectAgent()
        let first = try world.subscribe(principal: .token("t"))
        _ = try world.createSession(.token("t"))
        #expect(
            error { () throws(BrokerError) in _ = try world.subscribe(principal: .token("t")) }?.code == "rate_limited")
        _ = try world.subscribe(principal: .token("u"))
        try world.delete(first)
        _ = try world.subscribe(principal: .token("t"))
    }

    @Test("a token of the same name with another scope gets at nothing of the first")
    func scopesOfOneName() throws {
        var world = Fixture()
        world.connectAgent()
        let small = Principal.token("t", scope: AgentScope(agents: ["a"]))
        let session = try world.createSession(.token("t"))
        let subscription = try world.subscribe(session: session, principal: .token("t", role: .operator))
        #expect(
            error { () throws(BrokerError) in _ = try world.subscribe(session: session, principal: small) }?.code
                == "session_not_found")
        #expect(
            error { () throws(BrokerError) in _ = try world.broker.session(session, for: small) }?.code
                == "session_not_found")
        #expect(
            error { () throws(BrokerError) in _ = try world.broker.subscription(subscription, for: small) }?.code
                == "subscription_not_found")
        _ = try world.broker.subscription(subscription, for: .token("t"))
    }

    @Test("an admin of some agents sees nothing that others have subscribed to, an admin of all sees everything")
    func adminsOfSomeAgents() throws {
        var world = Fixture()
        world.connectAgent()
        let subscription = try world.subscribe(principal: .token("other"))
        let ofSome = Principal.token("boss", role: .admin, scope: AgentScope(agents: ["b"]))
        #expect(
            error { () throws(BrokerError) in _ = try world.broker.subscription(subscription, for: ofSome) }?.code
                == "subscription_not_found")
        let listed = { world.broker.subscriptions(SubscriptionFilter(), for: $0, page: 1, perPage: 9).total }
        #expect(listed(ofSome) == 0 && listed(.token("boss", role: .admin)) == 1)
    }

    @Test(
        "what is wrong with a request is said with a code and a field",
        arguments: [
            (StreamType.healthCheck, "a", "", "not_a_client_stream", "stream_type"),
            (.gatewayEvents, "a", "", "not_a_client_stream", "stream_type"),
            (.containerLogs, "a", "", "resource_required", "resource"),
            (.metrics, "a", "x", "invalid_field", "resource"),
            (.containerLogs, "a", "with space", "invalid_field", "resource"),
            (.containerLogs, "*", "web", "invalid_field", "agent_id"),
            (.metrics, "", "", "invalid_field", "agent_id"),
            (.metrics, "not valid", "", "invalid_field", "agent_id"),
            (.metrics, "unknown", "", "agent_not_found", "agent_id"),
        ])
    func refused(type: StreamType, agent: String, resource: String, code: String, field: String) {
        var world = Fixture()
        world.connectAgent()
        _ = world.takeActions()
        let selector: AgentSelector? = agent.isEmpty ? nil : agent == "*" ? .every : .one(AgentID(agent))
        let error = error { () throws(BrokerError) in _ = try world.subscribe(type, agent: selector, resource: resource)
        }
        #expect(error?.code == code)
        #expect(error?.field == field)
        #expect(world.takeActions().isEmpty)
    }

    @Test("a configuration out of range is refused, never clamped")
    func ranges() {
        var world = Fixture()
        world.connectAgent()
        func field(_ change: (inout StreamConfig) -> Void) -> String? {
            error { () throws(BrokerError) in _ = try world.subscribe(.alertEvents, change) }?.field
        }
        #expect(field { $0.interval = 99 } == "config.interval")
        #expect(field { $0.interval = 3_600_001 } == "config.interval")
        #expect(field { $0.bufferSize = 0 } == "config.buffer_size")
        #expect(field { $0.tail = -1 } == "config.tail")
        #expect(field { $0.filters = ["a b"] } == "config.filters")
        #expect(field { $0.alertLevels = ["loud"] } == "config.alert_levels")
        #expect(field { $0.interval = 100 } == nil)
    }

    @Test("an agent outside the scope does not exist for the caller, not even to wait for")
    func scope() throws {
        var world = Fixture()
        world.connectAgent("a", labels: ["env": "prod"])
        let prod = Principal.token("prod", scope: AgentScope(labels: ["env": "prod"]))
        _ = try world.subscribe(principal: prod)
        world.connectAgent("b", labels: ["env": "test"])
        for agent in ["b", "c"] {
            let error = error { () throws(BrokerError) in
                _ = try world.subscribe(agent: .one(AgentID(agent)), principal: prod) { $0.waitForAgent = true }
            }
            #expect(error == .agentNotFound(AgentID(agent)))
        }
        let named = Principal.token("named", scope: AgentScope(agents: ["c"]))
        _ = try world.subscribe(agent: .one(AgentID("c")), principal: named) { $0.waitForAgent = true }
    }
}
