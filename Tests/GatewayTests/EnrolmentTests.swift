import Model
import Reactor
import Storage
import TestSupport
import Testing
import Wire

@Suite struct EnrolmentTests {
    private func makeToken(
        _ role: TokenRole, _ secret: String, for agents: [String] = [], in gateway: TestGateway
    ) throws {
        let token = TokenRecord(
            name: TokenName(secret), role: role, digest: Secrets.sha256(secret.utf8),
            scope: AgentScope(agents: agents), created: WallTime(millisecondsSince1970: 1))
        try TokenFile(directory: gateway.data).create(token)
    }

    /// A gateway that knows an administrator and one enrolment token.
    private func enrollingGateway() async throws -> TestGateway {
        let gateway = try await TestGateway()
        try makeToken(.admin, "slc_admin", in: gateway)
        try makeToken(.enrol, "slc_enrol", in: gateway)
        try await eventually("the tokens are in force") { try await gateway.call("GET", "/agents").status == 401 }
        return gateway
    }

    @Test("an enrolment token buys an agent its own token, with which it comes back")
    func enrolment() async throws {
        let gateway = try await enrollingGateway()
        let stranger = try ScriptedAgent(port: gateway.agentPort)
        stranger.hello { $0.token = "slc_wrong" }
        try await stranger.hearEnd()
        let agent = try ScriptedAgent(port: gateway.agentPort)
        agent.hello { $0.token = "slc_enrol" }
        let own = try #require(try await agent.hearWelcome().agentToken)
        let again = try ScriptedAgent(port: gateway.agentPort)
        again.hello {
            $0.token = own
            $0.bootID = 8
        }
        #expect(try await again.hearWelcome().agentToken == nil)
        try await agent.hearEnd()
        guard case .goodbye(.replaced, _, _)? = agent.said.last else {
            Issue.record("\(agent.said)")
            return
        }
        await gateway.stop()
    }

    @Test("an agent that is closed for a protocol error while its token is exchanged does not count as connected")
    func endedMeanwhile() async throws {
        let gateway = try await enrollingGateway()
        let agent = try ScriptedAgent(port: gateway.agentPort)
        var hello = ScriptedAgent.Hello()
        hello.token = "slc_enrol"
        agent.socket.send(agent.frame(hello.body) + agent.frame { ScriptedAgent.heartbeat($0) })
        try await agent.hearEnd()
        agent.socket.end()
        let tokens = try TokenFile(directory: gateway.data)
        try await eventually("the exchange is made") {
            try tokens.list().contains { $0.name == TokenName("agent-agent1") }
        }
        try await eventually("the connection is counted as broken") {
            try await gateway.call("GET", "/metrics", token: "slc_admin").text
                .contains("sluice_agent_protocol_errors_total 1\n")
        }
        #expect(try await gateway.call("GET", "/agents/agent1", token: "slc_admin").status == 404)
        await gateway.stop()
    }

    @Test("a token whose agent vanished before it said anything buys again; once it has spoken, it does not")
    func brokenExchange() async throws {
        let gateway = try await enrollingGateway()
        let vanished = try ScriptedAgent(port: gateway.agentPort)
        vanished.hello { $0.token = "slc_enrol" }
        let lost = try #require(try await vanished.hearWelcome().agentToken)
        vanished.socket.end()

        let agent = try ScriptedAgent(port: gateway.agentPort)
        agent.hello { $0.token = "slc_enrol" }
        let own = try #require(try await agent.hearWelcome().agentToken)
        agent.send { ScriptedAgent.heartbeat($0) }
        let tokens = try TokenFile(directory: gateway.data)
        try await eventually("the token is spent") {
            try tokens.list().contains { $0.role == .enrol && $0.lastUsed != nil }
        }

        for secret in ["slc_enrol", lost] {
            let late = try ScriptedAgent(port: gateway.agentPort)
            late.hello {
                $0.token = secret
                $0.id = "agent2"
            }
            try await late.hearEnd()
        }
        let back = try ScriptedAgent(port: gateway.agentPort)
        back.hello { $0.token = own }
        #expect(try await back.hearWelcome().agentToken == nil)
        await gateway.stop()
    }

    @Test("a token for one id enrols no other, and is not spent by the attempt")
    func boundToAnID() async throws {
        let gateway = try await enrollingGateway()
        try makeToken(.enrol, "slc_web1", for: ["web1"], in: gateway)
        try await eventually("the token is in force") {
            let agent = try ScriptedAgent(port: gateway.agentPort)
            agent.hello {
                $0.token = "slc_web1"
                $0.id = "web2"
            }
            try await agent.hearEnd()
            guard case .refusal(.idNotAllowed, _, _)? = agent.said.last else { return false }
            return true
        }
        let agent = try ScriptedAgent(port: gateway.agentPort)
        agent.hello {
            $0.token = "slc_web1"
            $0.id = "web1"
        }
        #expect(try await agent.hearWelcome().agentToken != nil)
        await gateway.stop()
    }
}
