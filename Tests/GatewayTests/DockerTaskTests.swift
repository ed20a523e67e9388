import Gateway
import JSON
import TestSupport
import Testing
import Wire

@Suite struct DockerTaskTests {
    private func docker(_ gateway: TestGateway, _ members: String) async throws -> String {
        let response = try await gateway.call("POST", "/tasks/docker", "{\"agent_id\":\"agent1\",\(members)}")
        try #require(response.status == 201, "\(response.text)")
        return try #require(JSONParser.parse(response.body)["task_id"]?.string)
    }

    private func order(of id: String, _ agent: ScriptedAgent) -> GatewaySaid.Docker? {
        agent.said.lazy.compactMap {
            if case .dockerRequest(id, let order, _) = $0 { order } else { nil }
        }.first
    }

    @Test("an operation reaches the agent as it was asked for, and its output is a docker_output stream")
    func operation() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent { $0.taskKinds = ["docker"] }
        let task = try await docker(
            gateway, #""operation":"run","image":"app:1","container":"web","args":["a b","c"],"env":{"B":"2","A":"1"}"#)
        try await agent.hearTask(task)
        #expect(
            order(of: task, agent)
                == .init(
                    operation: "run", image: "app:1", container: "web", arguments: ["a b", "c"],
                    environment: ["A=1", "B=2"]))
        let stream = try await gateway.listen("docker_output", resource: task)
        try await eventually("it is open") { stream.text.contains("id: l0") }
        agent.lines(task, from: 1, ["pulling", "done"])
        agent.finish(task, seq: 3, exitCode: 2)
        try await stream.hearEnd()
        #expect(stream.events("docker_output").count == 3)
        #expect(stream.events("docker_output")[0].data["type"] == .string("task_output"))
        try await gateway.waitForTask(task, status: "failed")
        let shown = try await gateway.get("/tasks/\(task)")
        #expect(shown["operation"] == .string("docker") && shown["exit_code"] == .integer(2))
        #expect(shown["cmd"] == .string("docker run -e A -e B --name web app:1 a b c"))
        await gateway.stop()
    }

    @Test("an operation for an agent that is away survives a restart of the gateway, and goes when the agent is back")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        var gateway = try await TestGateway(data: directory.path)
        let first = try await gateway.agent { $0.taskKinds = ["docker"] }
        first.goodbye(.stopping)
        try await gateway.waitForAgent(isConnected: false)
        let task = try await docker(gateway, #""operation":"stop","container":"web""#)
        await gateway.stop()
        gateway = try await TestGateway(data: directory.path)
        let second = try await gateway.agent { $0.taskKinds = ["docker"] }
        try await second.hearTask(task)
        #expect(order(of: task, second) == .init(operation: "stop", container: "web"))
        await gateway.stop()
    }

    @Test("an agent that was not started to allow it is sent nothing")
    func notAllowed() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent { $0.taskKinds = ["shell"] }
        let body = #"{"agent_id":"agent1","operation":"pull","image":"app"}"#
        let response = try await gateway.call("POST", "/tasks/docker", body)
        #expect(response.status == 403 && response.text.contains("not_allowed_by_agent"))
        #expect(agent.taskRequests.isEmpty)
        await gateway.stop()
    }

    private func answer(_ request: String, of agent: ScriptedAgent) {
        agent.send { arena in
            .containers(
                arena.make { response in
                    response.request_id = arena.copy(request)
                    response.n_containers = 2
                    response.containers = arena.makeList(count: 2) { index, container in
                        wireSet(&container.has_id, &container.id, arena.copyBytes("c\(index)"))
                        wireSet(&container.has_cpu_percent, &container.cpu_percent, 1.5)
                        wireSet(
                            &container.has_created_at_unix_ns, &container.created_at_unix_ns, 1_700_000_000_000_000_000)
                        container.n_ports = 1
                        container.ports = arena.copyBytes(["80/tcp"])
                    }
                })
        }
    }

    @Test("the agent is asked for its containers, and all who ask the gateway get its answer")
    func containers() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent { $0.streamTypes = ["metrics", "container_logs"] }
        let port = gateway.httpPort
        let peers = try ["", "?per_page=1"].map {
            try HTTPPeer(port: port, "GET", "/agents/agent1/containers\($0)", headers: ["Connection: close"])
        }
        var answered = 0
        try await eventually("both answers") {
            let requests = containersRequests(agent)
            for request in requests.dropFirst(answered) { answer(request, of: agent) }
            answered = requests.count
            return peers.allSatisfy(\.hasEnded)
        }
        let answers = try peers.map { try #require($0.response) }
        #expect(answers.map(\.status) == [200, 200])
        let list = try JSONParser.parse(answers[0].body)
        #expect(list["total"] == .integer(2) && list["containers"]?[1]?["id"] == .string("c1"))
        #expect(list["containers"]?[0]?["created_at"] == .string("2023-11-14T22:13:20.000Z"))
        #expect(list["containers"]?[0]?["memory_bytes"] == .null)
        #expect(try JSONParser.parse(answers[1].body)["containers"]?.array?.count == 1)
        await gateway.stop()
    }

    @Test("an engine that fails is 503 with its reason; none at all is an empty list; an agent that leaves is 409")
    func noContainers() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent { $0.streamTypes = ["container_logs"] }
        let port = gateway.httpPort
        for (number, code, status) in [(1, "permission_denied", 503), (2, "unsupported", 200)] {
            async let answer = HTTPPeer.call(port: port, "GET", "/agents/agent1/containers")
            let request = try await hearContainersRequest(agent, number)
            agent.send { arena in
                .containers(
                    arena.make { response in
                        response.request_id = arena.copy(request)
                        response.code = arena.copy(code)
                        response.message = arena.copy("no way to the socket")
                    })
            }
            #expect(try await answer.status == status)
        }
        async let answer = HTTPPeer.call(port: port, "GET", "/agents/agent1/containers")
        _ = try await hearContainersRequest(agent, 3)
        agent.goodbye(.stopping)
        #expect(try await answer.text.contains("agent_offline"))
        try await gateway.waitForAgent(isConnected: false)
        #expect(try await gateway.call("GET", "/agents/agent1/containers").status == 409)
        await gateway.stop()
    }

    @Test("an agent that follows no containers is not asked: it has none")
    func otherAgent() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent { $0.streamTypes = ["metrics"] }
        let answer = try await gateway.call("GET", "/agents/agent1/containers")
        #expect(answer.text == #"{"containers":[],"total":0,"page":1}"#)
        #expect(!agent.said.contains { if case .containersRequest = $0 { true } else { false } })
        await gateway.stop()
    }

    /// - Parameter number: which of its requests, from 1.
    private func hearContainersRequest(_ agent: ScriptedAgent, _ number: Int = 1) async throws -> String {
        try await eventually("the agent is asked for its containers") { containersRequests(agent).count >= number }
        return containersRequests(agent)[number - 1]
    }

    private func containersRequests(_ agent: ScriptedAgent) -> [String] {
        agent.said.compactMap { if case .containersRequest(let id) = $0 { id } else { nil } }
    }
}
