import AgentLink
import TestSupport
import Model
import Testing
import Wire

@Suite struct HandshakeTests {
    @Test("an agent that is let in hears how the connection works and what is held of its tasks")
    func welcome() async throws {
        let held = [
            TaskID("t1"): AgentTaskState(lastSeq: 40, isFinal: false),
            TaskID("t2"): AgentTaskState(lastSeq: 9, isFinal: true),
        ]
        let gate = try await Gate(.welcome(tasks: held, token: "secret")) {
            $0.heartbeat = 4_321
            $0.maxFrameBytes = 70_000
        }
        let agent = try ScriptedAgent(port: gate.port)
        agent.hello { $0.tasks = [.init(id: "t1", lastSeq: 50, isFinal: true)] }
        let welcome = try await agent.hearWelcome()
        #expect(
            welcome
                == .init(
                    session: "ses", heartbeat: 4_321, maxFrameBytes: 70_000, gatewayVersion: "9.9",
                    agentToken: "secret",
                    tasks: [.init(id: "t1", lastSeq: 40, isFinal: false), .init(id: "t2", lastSeq: 9, isFinal: true)]))
        let hello = try #require(gate.now.hellos.first)
        #expect(hello.tasks == [TaskID("t1"): AgentTaskState(lastSeq: 50, isFinal: true)])
        #expect(hello.agent == AgentID("agent1") && hello.bootID == 7 && hello.hostname == "host")
        #expect(hello.capabilities == ["health_check", "metrics", "shell"])
        gate.end()
    }

    static let refusals: [(AgentRefusal, WireRefusalCode, UInt32?)] = [
        (.badCredentials, .badCredentials, nil), (.idNotAllowed(AgentID("a")), .idNotAllowed, nil),
        (.protocolTooOld(0), .protocolTooOld, nil), (.invalidHello("why"), .invalidHello, nil),
        (.busy(retryAfter: 7_000), .busy, 7_000), (.draining(retryAfter: 800), .draining, 800),
    ]

    @Test("every refusal reaches the agent with its code, a sentence and when to come back", arguments: refusals)
    func refusal(_ refusal: AgentRefusal, _ code: WireRefusalCode, _ retryAfter: UInt32?) async throws {
        let gate = try await Gate(.refuse(refusal))
        let agent = try ScriptedAgent(port: gate.port)
        agent.hello()
        try await agent.hearEnd()
        #expect(agent.said == [.refusal(code: code, message: refusal.message, retryAfter: retryAfter)])
        agent.socket.end()
        try await eventually("the connection is forgotten") { try await gate.counts().open == 0 }
        let counts = try await gate.counts()
        #expect(counts == .init(accepted: 1, refused: 1, protocolErrors: 0, open: 0))
        #expect(gate.now.closed.isEmpty, "it was never let in")
        gate.end()
    }

    @Test("an agent that speaks an older protocol is told so")
    func oldProtocol() async throws {
        let gate = try await Gate()
        let agent = try ScriptedAgent(port: gate.port)
        agent.hello { $0.protocolVersion = nil }
        try await agent.hearEnd()
        let message = AgentRefusal.protocolTooOld(0).message
        #expect(agent.said == [.refusal(code: .protocolTooOld, message: message, retryAfter: nil)])
        #expect(gate.now.hellos.isEmpty)
        gate.end()
    }

    @Test("whoever does not begin with Hello is refused")
    func frameBeforeHello() async throws {
        let gate = try await Gate()
        let agent = try ScriptedAgent(port: gate.port)
        agent.heartbeat()
        try await agent.hearEnd()
        let refusal = AgentRefusal.invalidHello("the first message has to be Hello")
        #expect(agent.said == [.refusal(code: .invalidHello, message: refusal.message, retryAfter: nil)])
        gate.end()
    }

    @Test("a second Hello is a protocol error")
    func secondHello() async throws {
        let gate = try await Gate()
        let agent = try await gate.agent()
        agent.hello()
        try await agent.hearEnd()
        #expect(agent.said.last == .goodbye(reason: .protocolError, message: "a second Hello", retryAfter: nil))
        agent.socket.end()
        try await eventually("it is counted") { try await gate.counts().protocolErrors == 1 }
        #expect(gate.now.closed == [.protocolError("a second Hello")])
        gate.end()
    }

    @Test("a message that does not wait for the Welcome is a protocol error")
    func beforeWelcome() async throws {
        let gate = try await Gate(.nothing)
        let agent = try ScriptedAgent(port: gate.port)
        agent.socket.send(agent.frame(ScriptedAgent.Hello().body) + agent.frame { ScriptedAgent.heartbeat($0) })
        try await agent.hearEnd()
        #expect(
            agent.said == [.goodbye(reason: .protocolError, message: "a message before the Welcome", retryAfter: nil)])
        try await gate.toLatest { connection in
            #expect(!connection.isAwaitingDecision)
            connection.welcome(session: "late", tasks: [:], agentToken: nil)
        }
        #expect(agent.said.count == 1, "a decision that comes too late changes nothing")
        gate.end()
    }

    @Test("what follows the Hello waits until the decision is made")
    func waitsForDecision() async throws {
        let gate = try await Gate(.nothing)
        let agent = try ScriptedAgent(port: gate.port)
        agent.hello()
        try await eventually("the Hello has come") { gate.now.hellos.count == 1 }
        agent.sample(ref: 5)
        try await gate.toLatest { #expect($0.isAwaitingDecision) }
        #expect(gate.now.samples.isEmpty)
        try await gate.toLatest { $0.welcome(session: "s", tasks: [:], agentToken: nil) }
        try await eventually("the sample comes") { gate.now.samples == [5] }
        gate.end()
    }

    @Test("who does not say Hello in time is told to come back: the network may have been slow")
    func helloTimeout() async throws {
        let gate = try await Gate {
            $0.helloTimeout = 100; $0.heartbeat = 200
        }
        let agent = try ScriptedAgent(port: gate.port)
        try await agent.hearEnd()
        guard case .refusal(.busy, "no Hello within 100 ms", .some)? = agent.said.first, agent.said.count == 1 else {
            Issue.record("\(agent.said)")
            return
        }
        gate.end()
    }

    @Test("one agent more than there is room for is told to come back, the others stay")
    func connectionLimit() async throws {
        let gate = try await Gate { $0.maxConnections = 2 }
        let agents = [try await gate.agent(), try await gate.agent()]
        let third = try ScriptedAgent(port: gate.port)
        try await third.hearEnd()
        guard case .refusal(.busy, _, let retryAfter?)? = third.said.first else {
            Issue.record("\(third.said)")
            return
        }
        #expect((5_000...30_000).contains(retryAfter) && third.said.count == 1)
        agents[0].sample(ref: 1)
        agents[1].sample(ref: 2)
        try await eventually("the others go on") { Set(gate.now.samples) == [1, 2] }
        agents[0].goodbye(.stopping)
        third.socket.end()
        try await eventually("there is room again") { try await gate.counts().open == 1 }
        _ = try await gate.agent()
        gate.end()
    }
}
