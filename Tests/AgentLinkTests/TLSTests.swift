import Model
import Reactor
import TestSupport
import Testing
import Wire

@testable import AgentLink

@Suite struct TLSTests {
    private static func gate(_ change: (inout AgentLinkSettings) -> Void = { _ in }) async throws -> Gate {
        let files = try TestCertificates()
        try files.issue("gateway", for: "IP:127.0.0.1")
        let tls = try TLSContext.server(
            .init(certificate: files.path("gateway.pem"), key: files.path("gateway.key")), clientAuthorities: nil,
            peer: "the agent")
        return try await Gate {
            $0.tls = tls
            change(&$0)
        }
    }

    @Test("a plain agent on a port with TLS is refused, and answered by an alert")
    func plainAgent() async throws {
        let gate = try await Self.gate()
        let agent = try ScriptedAgent(port: gate.port)
        agent.hello()
        try await agent.hearEnd()
        #expect(agent.socket.received == [21, 3, 3, 0, 2, 2, 70])
        agent.socket.end()
        try await eventually("it is counted") {
            try await gate.counts() == .init(accepted: 1, refused: 1, protocolErrors: 0, open: 0)
        }
        #expect(gate.now.hellos.isEmpty)
        gate.end()
    }

    @Test("a handshake that does not end is bounded by the time for the Hello")
    func halfOpen() async throws {
        let gate = try await Self.gate { $0.helloTimeout = 200 }
        let silent = try ScriptedAgent(port: gate.port)
        let slow = try ScriptedAgent(port: gate.port)
        slow.socket.send([22, 3, 1, 2, 0, 1])
        try await silent.hearEnd()
        try await slow.hearEnd()
        try await eventually("both are gone") { try await gate.counts().open == 0 }
        gate.end()
    }

    @Test("an agent with TLS on a plain port is told apart from one that breaks the protocol")
    func unspoken() async throws {
        let gate = try await Gate()
        let agent = try ScriptedAgent(port: gate.port)
        agent.socket.send([22, 3, 1, 0, 200, 1] + [UInt8](repeating: 0, count: 199))
        try await agent.hearEnd()
        #expect(
            agent.said.last == .goodbye(reason: .protocolError, message: UnspokenTLS.text, retryAfter: nil))
        gate.end()
    }

    @Test("one refusal a minute is logged for each address and reason, and says how many were not")
    func repeated() {
        var refusals = RepeatedRefusals()
        func note(_ peer: String, _ why: String, _ seconds: UInt64) -> Int? {
            refusals.note(peer, why: why, at: MonotonicTime(nanoseconds: seconds * 1_000_000_000))
        }
        #expect(note("192.0.2.1:1", "a", 0) == 0)
        #expect(note("192.0.2.1:2", "a", 10) == nil)
        #expect(note("192.0.2.1:3", "b", 10) == 0)
        #expect(note("192.0.2.2:1", "a", 10) == 0)
        #expect(note("192.0.2.1:4", "a", 59) == nil)
        #expect(note("192.0.2.1:5", "a", 60) == 2)
        for index in 0..<2_000 { _ = note("[2001:db8::\(index)]:1", "a", 61) }
        #expect(refusals.count <= 1_000)
    }
}
