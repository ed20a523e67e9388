import Glibc
import class TestSupport.TemporaryDirectory
import Testing
import Wire

@testable import AgentCore

@Suite("A session with a gateway", .serialized)
struct SessionTests {
    @Test("the Hello says who the agent is and what it can do")
    func hello() async throws {
        try await withAgent({
            $0.token = "secret"
            $0.labels = ["zone": "a", "env": "test"]
        }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.hellos.count == 1 }
            let hello = try #require(gateway.state.hellos.first)
            #expect(hello.agentID == "agent-1" && hello.token == "secret" && hello.bootID != 0)
            #expect(hello.streamTypes == ["metrics", "health_check", "system_events"] && hello.taskKinds == ["shell"])
            #expect(hello.labels == ["env=test", "zone=a"] && hello.tasks.isEmpty)
        }
    }

    @Test("heartbeats come at the interval of the Welcome and name the applied generation")
    func heartbeats() async throws {
        try await withAgent(gateway: { $0.heartbeatMilliseconds = 100 }) { gateway, _ in
            try await eventually("a heartbeat") { gateway.state.heartbeats.contains(0) }
            try await gateway.desire(7, [])
            try await eventually("one of generation 7") { gateway.state.heartbeats.contains(7) }
        }
    }

    @Test("a stopped agent says goodbye and ends clean")
    func stop() async throws {
        let gateway = try await ScriptedGateway()
        let agent = try await RunningAgent(gateway)
        try await eventually("a Hello") { gateway.state.isOpen }
        try await agent.stop()
        try await eventually("the end") { agent.exit == .clean }
        try await eventually("a goodbye") { gateway.state.goodbyes == [.stopping] }
        try await agent.end()
    }

    @Test("a refusal that is final ends the agent with 77 and the gateway's sentence")
    func refusal() async throws {
        let gateway = try await ScriptedGateway()
        try await gateway.configure {
            $0.answer = .refusal(SLUICE__V1__REFUSAL__CODE__BAD_CREDENTIALS, "the token is not known", retryAfter: nil)
        }
        let agent = try await RunningAgent(gateway)
        try await eventually("the end") { agent.exit != nil }
        #expect(agent.exit?.code == 77)
        #expect(agent.exit?.sentence?.contains("the token is not known") == true)
        try await agent.end()
    }

    @Test("a busy gateway is tried again, not before it said")
    func busy() async throws {
        let gateway = try await ScriptedGateway()
        try await gateway.configure {
            $0.answer = .refusal(SLUICE__V1__REFUSAL__CODE__BUSY, "busy", retryAfter: 300)
        }
        let agent = try await RunningAgent(gateway)
        try await eventually("a refusal") { gateway.state.hellos.count == 1 }
        let clock = ContinuousClock()
        let refused = clock.now
        try await gateway.configure { $0.answer = .welcome }
        try await eventually("another Hello") { gateway.state.hellos.count == 2 }
        #expect(clock.now - refused >= .milliseconds(250))
        #expect(agent.exit == nil)
        try await agent.end()
    }

    @Test("a lost connection is made again, with the same boot id and the next number")
    func reconnect() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.goDown()
            try await gateway.comeBack()
            try await eventually("another Hello") { gateway.state.hellos.count == 2 }
            #expect(gateway.state.hellos[0].bootID == gateway.state.hellos[1].bootID)
            #expect(gateway.state.hellos.map(\.connection) == [1, 2])
        }
    }

    @Test("one that was replaced stays away")
    func replaced() async throws {
        try await withAgent { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.sayGoodbye(SLUICE__V1__GOODBYE__REASON__REPLACED)
            try await eventually("the close") { gateway.state.closed == 1 }
            try await Task.sleep(for: .milliseconds(1500))  // longer than any first delay of a reconnect
            #expect(gateway.state.hellos.count == 1 && agent.exit == nil)
        }
    }

    @Test("one that cannot keep the token of its enrolment says no word, so that it can enrol again, and does")
    func tokenIsNotKept() async throws {
        let directory = try TemporaryDirectory()
        let obstacle = directory.path + "/token-agent-1.new"
        try #require(mkdir(obstacle, 0o700) == 0)
        try await withAgent(
            {
                $0.token = "enrolment"
                $0.stateDirectory = directory.path
            },
            gateway: {
                $0.agentToken = "own"
                $0.heartbeatMilliseconds = 1_000
            }
        ) { gateway, agent in
            try await eventually("the close") { gateway.state.closed == 1 }
            #expect(gateway.state.heartbeats.isEmpty && gateway.state.goodbyes.isEmpty && agent.exit == nil)
            try #require(rmdir(obstacle) == 0)
            try await eventually("its word") { !gateway.state.heartbeats.isEmpty }
            #expect(gateway.state.hellos.prefix(2).map(\.token) == ["enrolment", "enrolment"])
            try await gateway.dropConnection()
            try await eventually("a Hello with its own") { gateway.state.hellos.last?.token == "own" }
        }
    }

    @Test("garbage from the gateway ends the connection, not the agent")
    func garbage() async throws {
        try await withAgent { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.sendRaw([0xff, 0xff, 0xff])
            try await eventually("a goodbye") { gateway.state.goodbyes == [.protocolError] }
            try await eventually("another Hello") { gateway.state.hellos.count == 2 }
            #expect(agent.exit == nil)
        }
    }

    @Test("messages of a newer protocol are ignored")
    func unknownMessage() async throws {
        try await withAgent(gateway: { $0.heartbeatMilliseconds = 1000 }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.sendRaw([0xfa, 0x3f, 0x00])  // field 1023, an empty message
            let count = gateway.state.heartbeats.count
            try await eventually("heartbeats go on") { gateway.state.heartbeats.count > count + 1 }
            #expect(gateway.state.hellos.count == 1)
        }
    }
}
