import HTTPAPI
import JSON
import Model
import Service
import Testing

@Suite("Deployments")
struct DeploymentRouteTests {
    let gateway = FakeGateway()
    var router: Router { Router(gateway) }

    @Test("a command is a deployment of one step; the answer is that of a task, and names the deployment")
    func command() async {
        let answer = await router.call(
            .post, "/tasks/deployment", #"{"agent_id":"a1","name":"web","cmd":"docker compose up -d"}"#)
        #expect(answer.status == 201)
        #expect(answer.response.header("Location") == "/tasks/task_1")
        #expect(
            answer.text == #"{"task_id":"task_1","agent_id":"a1","status":"created","#
                + #""created_at":"2025-01-29T08:15:30.007Z","stream_type":"deployment_status","resource":"dep_1"}"#)
        #expect(
            gateway.state.processing.deployment
                == DeploymentRequest(
                    agent: FakeGateway.agent, id: nil, name: "web",
                    steps: [DeploymentStep(name: "web", command: "docker compose up -d")], timeout: 1_800_000))
    }

    @Test("steps, each with its own time")
    func steps() async {
        let answer = await router.call(
            .post, "/tasks/deployment",
            #"""
            {"agent_id":"a1","deployment_id":"web-42","name":"web","timeout":"10m","steps":[
              {"name":"pull","cmd":"docker compose pull","timeout":"5m"},{"name":"up","cmd":"docker compose up -d"}]}
            """#)
        #expect(answer.json?["resource"] == .string("web-42"))
        #expect(
            gateway.state.processing.deployment
                == DeploymentRequest(
                    agent: FakeGateway.agent, id: DeploymentID("web-42"), name: "web",
                    steps: [
                        DeploymentStep(name: "pull", command: "docker compose pull", timeout: 300_000),
                        DeploymentStep(name: "up", command: "docker compose up -d"),
                    ], timeout: 600_000))
    }

    @Test(
        "each mistake is named",
        arguments: [
            (#""name":"w","cmd":"x""#, "agent_id"), (#""agent_id":"*","name":"w","cmd":"x""#, "agent_id"),
            (#""agent_id":"a1","cmd":"x""#, "name"), (#""agent_id":"a1","name":" ","cmd":"x""#, "name"),
            (#""agent_id":"a1","name":"\#(String(repeating: "n", count: 257))","cmd":"x""#, "name"),
            (#""agent_id":"a1","name":"w""#, "cmd"), (#""agent_id":"a1","name":"w","cmd":"""#, "cmd"),
            (#""agent_id":"a1","name":"w","cmd":5"#, "cmd"),
            (#""agent_id":"a1","name":"w","cmd":"x","steps":[{"name":"s","cmd":"x"}]"#, "cmd"),
            (#""agent_id":"a1","name":"w","steps":[]"#, "steps"), (#""agent_id":"a1","name":"w","steps":"x""#, "steps"),
            (
                #""agent_id":"a1","name":"w","steps":[\#(Array(repeating: "{}", count: 101).joined(separator: ","))]"#,
                "steps"
            ),
            (#""agent_id":"a1","name":"w","steps":["x"]"#, "steps[0]"),
            (#""agent_id":"a1","name":"w","steps":[{"cmd":"x"}]"#, "steps[0].name"),
            (#""agent_id":"a1","name":"w","steps":[{"name":"s"}]"#, "steps[0].cmd"),
            (#""agent_id":"a1","name":"w","steps":[{"name":"s","cmd":"x"},{"name":"s","cmd":" "}]"#, "steps[1].cmd"),
            (#""agent_id":"a1","name":"w","steps":[{"name":"s","cmd":"x","timeout":"0s"}]"#, "steps[0].timeout"),
            (#""agent_id":"a1","name":"w","steps":[{"name":"s","cmd":"x","env":{}}]"#, "steps[0].env"),
            (#""agent_id":"a1","name":"w","cmd":"x","timeout":"169h""#, "timeout"),
            (#""agent_id":"a1","name":"w","cmd":"x","deployment_id":"a/b""#, "deployment_id"),
            (#""agent_id":"a1","name":"w","cmd":"x","command":"x""#, "command"),
        ])
    func bad(members: String, field: String) async {
        let answer = await router.call(.post, "/tasks/deployment", "{\(members)}")
        #expect(answer.status == 400, "\(members)")
        #expect(answer.code == "invalid_field")
        #expect(answer.field == field)
        #expect(gateway.state.processing.deployment == nil)
    }

    @Test("what the gateway refuses keeps its meaning")
    func refusals() async {
        let body = #"{"agent_id":"a1","name":"w","cmd":"x"}"#
        gateway.update { $0.failure = ServiceError.conflict(reason: "there is a deployment dep_1 already") }
        #expect(await router.call(.post, "/tasks/deployment", body).status == 409)
        gateway.update { $0.failure = ServiceError.notAllowedByAgent(FakeGateway.agent, .deployment) }
        let refused = await router.call(.post, "/tasks/deployment", body)
        #expect(refused.code == "not_allowed_by_agent")
        #expect(refused.message.contains("deployment"))
    }

    @Test("looking at deployments")
    func look() async {
        let one =
            #"{"deployment_id":"dep_1","name":"web","agent_id":"a1","task_id":"task_1","status":"starting","#
            + #""phase":"starting","progress":60,"message":"","services":[],"health":"unknown","success":null,"#
            + #""created_at":"2025-01-29T08:15:20.007Z","updated_at":"2025-01-29T08:15:20.007Z","finished_at":null,"#
            + #""duration":10,"summary":null,"exit_code":null}"#
        #expect(await router.call(.get, "/deployments/dep_1").text == one)
        #expect(await router.call(.get, "/deployments/dep_9").code == "deployment_not_found")
        #expect(await router.call(.get, "/deployments/a%20b").field == "deployment_id")
        let list = await router.call(.get, "/deployments?agent_id=a1&status=starting")
        #expect(list.text == #"{"deployments":[\#(one)],"total":1,"page":1}"#)
        #expect(
            gateway.state.processing.deployments == DeploymentSelection(agent: FakeGateway.agent, phase: .starting))
        #expect(await router.call(.get, "/deployments?status=done").field == "status")
        #expect(await router.call(.get, "/deployments?agent_id=*").field == "agent_id")
        #expect(await router.call(.get, "/deployments?name=web").field == "name")
    }

    @Test("a shell task can be part of a deployment")
    func shell() async {
        _ = await router.call(.post, "/tasks/shell", #"{"agent_id":"a1","cmd":"true","deployment_id":"dep_1"}"#)
        #expect(gateway.state.shellRequest?.deploymentID == "dep_1")
    }
}
