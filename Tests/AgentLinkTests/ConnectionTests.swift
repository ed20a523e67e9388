import AgentLink
import TestSupport
import Model
import Testing
import Wire

@Suite struct ConnectionTests {
    @Test("heartbeats come as promised, and those of the agent are passed on")
    func heartbeats() async throws {
        let gate = try await Gate { $0.heartbeat = 2_000 }
        let start = ContinuousClock.now
        let agent = try await gate.agent()
        try await eventually("two heartbeats") {
            agent.heartbeat(generation: 3)
            return agent.said.count { if case .heartbeat(let time) = $0 { time > 0 } else { false } } >= 2
        }
        #expect(ContinuousClock.now - start >= .seconds(3), "one per heartbeat, not more often")
        try await eventually("those of the agent are passed on") { !gate.now.beats.isEmpty }
        #expect(gate.now.beats.allSatisfy { $0 == 3 })
        #expect(gate.now.closed.isEmpty)
        gate.end()
    }

    @Test("an agent that is silent for three heartbeats is told goodbye and closed")
    func silence() async throws {
        let gate = try await Gate { $0.heartbeat = 200 }
        let start = ContinuousClock.now
        let agent = try await gate.agent()
        try await agent.hearEnd()
        #expect(ContinuousClock.now - start >= .milliseconds(600))
        #expect(
            agent.said.last
                == .goodbye(reason: .unspecified, message: AgentCloseReason.silent.text, retryAfter: nil))
        agent.socket.end()
        try await eventually("it is reported") { gate.now.closed == [.silent] }
        gate.end()
    }

    @Test("an agent that says it stops is reported as stopping, one that leaves as lost")
    func leaving() async throws {
        let gate = try await Gate()
        let stopping = try await gate.agent()
        stopping.goodbye(.stopping)
        try await eventually("it is reported") { gate.now.closed == [.stopping] }
        let leaving = try await gate.agent()
        leaving.socket.end()
        try await eventually("it is reported") { gate.now.closed.count == 2 }
        guard case .lost? = gate.now.closed.last else {
            Issue.record("\(gate.now.closed)")
            return
        }
        #expect(try await gate.counts().protocolErrors == 0)
        gate.end()
    }

    @Test("an agent that does not read is closed when too much waits for it")
    func overflow() async throws {
        let gate = try await Gate { $0.maxOutputBytes = 256 << 10 }
        let agent = try ScriptedAgent(port: gate.port, receiveBuffer: 4_096)
        agent.hello()
        try await eventually("it is the first") { gate.now.hellos.count == 1 }
        let other = try await gate.agent { $0.id = "agent2" }
        try await eventually("both are in") { gate.now.hellos.count == 2 }
        let blob = String(repeating: "x", count: 100_000)
        try await eventually("it is closed") {
            try await gate.toFirst { connection in
                connection.send { arena in .taskCancel(arena.make { $0.task_id = arena.copy(blob) }) }
            }
            return !gate.now.closed.isEmpty
        }
        #expect(gate.now.closed == [.lost("more than 262144 bytes waited for it")])
        other.sample(ref: 3)
        try await eventually("the other goes on") { gate.now.samples == [3] }
        gate.end()
    }

    @Test("at the end every agent hears goodbye, with its own time to come back, and nobody is accepted any more")
    func drain() async throws {
        let gate = try await Gate()
        let agents = [try await gate.agent { $0.id = "a" }, try await gate.agent { $0.id = "b" }]
        try await gate.drain(spread: 5_000)
        for agent in agents {
            try await agent.hearEnd()
            guard case .goodbye(.draining, let message, let retryAfter?)? = agent.said.last else {
                Issue.record("\(agent.said)")
                continue
            }
            #expect(message == AgentCloseReason.draining.text && retryAfter <= 5_000)
            agent.socket.end()
        }
        try await eventually("both are reported") { gate.now.closed == [.draining, .draining] }
        #expect(throws: LoopbackSocket.Failure.self) { try ScriptedAgent(port: gate.port) }
        gate.end()
    }
}

@Suite struct BadFrameTests {
    /// A gate with an agent that behaves, and one that is about to misbehave.
    private func setUp() async throws -> (gate: Gate, good: ScriptedAgent, bad: ScriptedAgent) {
        let gate = try await Gate { $0.maxFrameBytes = 10_000 }
        return (gate, try await gate.agent { $0.id = "good" }, try await gate.agent { $0.id = "bad" })
    }

    /// The one that misbehaved is closed and counted; the other notices nothing.
    private func expectOnlyBadCloses(_ gate: Gate, _ good: ScriptedAgent) async throws {
        try await eventually("it is closed") { gate.now.closed.count == 1 }
        guard case .protocolError? = gate.now.closed.first else {
            Issue.record("\(gate.now.closed)")
            return
        }
        let counts = try await gate.counts()
        #expect(counts == .init(accepted: 2, refused: 0, protocolErrors: 1, open: 1))
        good.sample(ref: 8)
        try await eventually("the other goes on") { gate.now.samples.contains(8) }
        gate.end()
    }

    static let badFrames: [(name: String, bytes: [UInt8])] = [
        ("a frame that is no message", [3, 0xFF, 0xFF, 0xFF]),
        ("a message cut short inside", [2, 0x0A, 0x7F]),
        ("a frame over the limit", ScriptedAgent.varint(10_001)),
        ("a length that is none", [UInt8](repeating: 0xFF, count: 11)),
    ]

    @Test("what is not the protocol is answered with Goodbye and ends that connection alone", arguments: badFrames)
    func badFrame(_ name: String, _ bytes: [UInt8]) async throws {
        let (gate, good, bad) = try await setUp()
        bad.socket.send(bytes)
        try await bad.hearEnd()
        #expect(bad.said.last?.isProtocolErrorGoodbye == true, "\(name): \(bad.said)")
        bad.socket.end()
        try await expectOnlyBadCloses(gate, good)
    }

    @Test("frames in front of a bad one still count")
    func goodBeforeBad() async throws {
        let (gate, good, bad) = try await setUp()
        let sample = bad.frame { arena in .streamData(arena.make { wireSet(&$0.has_stream_ref, &$0.stream_ref, 6) }) }
        bad.socket.send(sample + ScriptedAgent.varint(1 << 30))
        try await bad.hearEnd()
        #expect(gate.now.samples == [6])
        bad.socket.end()
        try await expectOnlyBadCloses(gate, good)
    }

    @Test("an agent that leaves in the middle of a frame is counted")
    func truncated() async throws {
        let (gate, good, bad) = try await setUp()
        bad.socket.send([100, 1, 2, 3])
        bad.socket.finishSending()
        try await expectOnlyBadCloses(gate, good)
    }

    @Test("garbage instead of a Hello is answered and counted")
    func garbageFirst() async throws {
        let gate = try await Gate()
        let bad = try ScriptedAgent(port: gate.port)
        bad.socket.send(Array("GET / HTTP/1.1\r\nHost: gateway\r\n\r\n".utf8) + [UInt8](repeating: 0x20, count: 64))
        try await bad.hearEnd()
        #expect(bad.said.last?.isProtocolErrorGoodbye == true)
        bad.socket.end()
        try await eventually("it is counted") { try await gate.counts().protocolErrors == 1 }
        #expect(gate.now.hellos.isEmpty && gate.now.closed.isEmpty)
        gate.end()
    }

    @Test("an empty frame and a message of a kind that is not known are ignored")
    func ignored() async throws {
        let gate = try await Gate()
        let agent = try await gate.agent()
        agent.socket.send([0] + [3, 0xFA, 0x7F, 0x00])
        agent.sample(ref: 4)
        try await eventually("it goes on") { gate.now.samples == [4] }
        #expect(gate.now.closed.isEmpty)
        gate.end()
    }
}
