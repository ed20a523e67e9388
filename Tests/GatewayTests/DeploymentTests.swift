import Gateway
import JSON
import TestSupport
import Testing

/// Deployments as they are asked for, run, listed and found.
@Suite struct DeploymentTests {
    @Test("a deployment goes to its agent as steps, and is found from its beginning to its end")
    func life() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let steps = """
            "deployment_id":"shop-42","timeout":"10m",\
            "steps":[{"name":"pull","cmd":"docker compose pull","timeout":"5m"},{"name":"up","cmd":"echo \\"up\\""}]
            """
        let (task, deployment) = try await gateway.deploy(steps)
        #expect(deployment == "shop-42")
        try await agent.hearTask(task)
        let expected = GatewaySaid.deploymentRequest(
            id: task, deployment: "shop-42",
            [
                .init(name: "pull", command: "docker compose pull", timeout: 300_000),
                .init(name: "up", command: "echo \"up\""),
            ],
            timeout: 600_000)
        #expect(agent.said.contains(expected))
        let new = try await gateway.get("/deployments/shop-42")
        #expect(new["status"] == .string("pending") && new["progress"] == .null && new["success"] == .null)
        #expect(new["name"] == .string("shop") && new["task_id"] == .string(task))
        agent.lines(task, from: 1, ["::step 1/2 pull", "Pulling web (nginx:1)...", "::step 2/2 up"])
        try await eventually("it has come so far") {
            try await gateway.get("/deployments/shop-42")["message"] == .string("step 2 of 2: up")
        }
        try await eventually("the store has it too") {
            let running = try await gateway.get("/deployments?status=pulling")["deployments"]?.array?.first
            return running?["progress"] == .integer(50)
        }
        agent.lines(task, from: 4, [" Container shop-web-1  Started"])
        agent.finish(task, seq: 5, exitCode: 0)
        try await agent.hearAck(task, upTo: 5, isFinal: true)
        let ended = try await gateway.get("/deployments/shop-42")
        #expect(ended["status"] == .string("completed") && ended["success"] == .bool(true))
        #expect(ended["exit_code"] == .integer(0) && ended["progress"] == .integer(100))
        #expect(ended["summary"]?.string?.hasPrefix("completed: 1 of 1 services healthy, after ") == true)
        #expect(ended["finished_at"]?.string != nil && ended["health"] == .string("healthy"))
        let list = try await gateway.get("/deployments")
        #expect(list["total"] == .integer(1) && list["deployments"]?.array == [ended])
        await gateway.stop()
    }

    @Test("a shell command with a deployment's id is a deployment; its output is to be had both ways")
    func shell() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let body = "{\"agent_id\":\"agent1\",\"cmd\":\"./deploy\",\"deployment_id\":\"nightly\"}"
        let created = try JSONParser.parse(try await gateway.call("POST", "/tasks/shell", body).body)
        let task = try #require(created["task_id"]?.string)
        #expect(created["stream_type"] == .string("shell_output") && created["resource"] == .string(task))
        try await agent.hearTask(task)
        let lines = try await gateway.listen("shell_output", resource: task)
        let status = try await gateway.watch("nightly")
        let described = try await gateway.get("/agents/agent1/streams")["streams"]?.array ?? []
        let running = described.compactMap { $0["stream_type"]?.string }.filter { $0 != "health_check" }
        #expect(running.sorted() == ["deployment_status", "shell_output"])
        agent.lines(task, from: 1, ["::progress 40 copying"])
        agent.finish(task, seq: 2, exitCode: 3)
        for stream in [lines, status] { try await stream.hearEnd() }
        #expect(lines.events("shell_output").count == 2)
        let percents = status.payloads("deployment_status").map { $0["progress"] }
        #expect(percents == [.null, .integer(40), .integer(40)], "the first before anything was printed")
        #expect(status.payloads("deployment_complete").map { $0["success"] } == [.bool(false)])
        for stream in [lines, status] {
            #expect(stream.events("stream_end").map { $0.data["exit_code"] } == [.integer(3)])
        }
        await gateway.stop()
    }

    @Test("an id that is taken is a conflict, whoever asks for it and however")
    func conflict() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        let again = "{\"agent_id\":\"agent1\",\"name\":\"shop\",\"cmd\":\"x\",\"deployment_id\":\"\(id)\"}"
        let shell = "{\"agent_id\":\"agent1\",\"cmd\":\"x\",\"deployment_id\":\"\(id)\"}"
        for _ in 0..<2 {
            for (path, body) in [("/tasks/deployment", again), ("/tasks/shell", shell)] {
                let response = try await gateway.call("POST", path, body)
                #expect(response.status == 409, "\(response.text)")
                #expect(try JSONParser.parse(response.body)["code"] == .string("conflict"))
            }
            agent.finish(task, seq: 1, exitCode: 0)
            try await agent.hearAck(task, upTo: 1, isFinal: true)
        }
        #expect(try await gateway.get("/tasks")["total"] == .integer(1), "nothing was made")
        await gateway.stop()
    }

    @Test("an agent that was not started with --allow deploy gets none")
    func notAllowed() async throws {
        let gateway = try await TestGateway()
        _ = try await gateway.agent()
        let body = "{\"agent_id\":\"agent1\",\"name\":\"shop\",\"cmd\":\"x\",\"deployment_id\":\"d1\"}"
        let response = try await gateway.call("POST", "/tasks/deployment", body)
        #expect(response.status == 403)
        #expect(try JSONParser.parse(response.body)["code"] == .string("not_allowed_by_agent"))
        #expect(try await gateway.call("GET", "/deployments/d1").status == 404)
        await gateway.stop()
    }

    @Test("there is no stream of every deployment, of one that does not exist, or of one on another agent")
    func refusals() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let other = try await gateway.agent { $0.id = "agent2" }
        let (_, id) = try await gateway.deployed(on: agent)
        for (members, status, code) in [
            ("\"agent_id\":\"*\",\"resource\":\"\(id)\"", 400, "invalid_field"),
            ("\"resource\":\"nothing\"", 404, "deployment_not_found"),
            ("\"resource\":\"\(id)\",\"agent_id\":\"agent2\"", 404, "deployment_not_found"),
            ("\"agent_id\":\"agent1\"", 400, "resource_required"),
        ] {
            let body = "{\"stream_type\":\"deployment_status\",\(members)}"
            let response = try await gateway.call("POST", "/subscriptions", body)
            #expect(response.status == status, "\(members): \(response.text)")
            #expect(try JSONParser.parse(response.body)["code"] == .string(code), "\(members)")
        }
        withExtendedLifetime(other) {}
        await gateway.stop()
    }

    @Test("a deployment whose agent is away is pending, says so to who watches, and goes to the agent when it is back")
    func waits() async throws {
        let gateway = try await TestGateway()
        try await gateway.deployer().socket.end()
        try await gateway.waitForAgent(isConnected: false)
        let (task, id) = try await gateway.deploy()
        let stream = try await gateway.watch(id)
        let pending = try #require(try await stream.hear(1, "deployment_status").first)
        #expect(pending.data["data"]?["status"] == .string("pending") && pending.id == nil)
        #expect(pending.data["metadata"]?["snapshot"] == .bool(true))
        let back = try await gateway.deployer()
        try await back.hearTask(task)
        back.lines(task, from: 1, ["::phase starting"])
        let events = try await stream.hear(2, "deployment_status")
        #expect(events[1].data["data"]?["status"] == .string("starting") && events[1].id == "l1")
        await gateway.stop()
    }

    @Test("one that is cancelled or lost says why")
    func reasons() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        let stream = try await gateway.watch(id)
        agent.lines(task, from: 1, ["Pulling web (nginx:1)..."])
        agent.finish(task, seq: 2, exitCode: 143, isCancelled: true)
        try await stream.hearEnd()
        let complete = try #require(stream.payloads("deployment_complete").first)
        #expect(complete["summary"]?.string?.hasPrefix("failed: cancelled, after ") == true)
        let (lost, lostID) = try await gateway.deployed(on: agent)
        agent.lines(lost, from: 1, ["x"])
        try await agent.hearAck(lost, upTo: 1)
        agent.socket.end()
        _ = try await gateway.deployer { $0.bootID = 8 }
        try await gateway.waitForTask(lost, status: "failed")
        let late = try await gateway.watch(lostID)
        try await late.hearEnd()
        let summary = late.payloads("deployment_complete").first?["summary"]?.string
        #expect(summary?.hasPrefix("failed: agent_restarted, after ") == true, "\(summary ?? "")")
        await gateway.stop()
    }
}
