import HTTPAPI
import JSON
import Model
import Payloads
import Service
import Testing

@Suite("Containers")
struct ContainerRouteTests {
    let gateway = FakeGateway()
    var router: Router { Router(gateway) }

    @Test("a task for containers is answered like any task, and streams as docker_output")
    func create() async {
        let answer = await router.call(
            .post, "/tasks/docker",
            #"""
            {"agent_id":"a1","operation":"run","image":"registry:5000/team/app:1.2","container":"web",
             "args":["serve","--port","80"],"env":{"B":"2","A":"x=y"},"timeout":"10m"}
            """#)
        #expect(answer.status == 201)
        #expect(answer.response.header("Location") == "/tasks/task_1")
        #expect(
            answer.text == #"{"task_id":"task_1","agent_id":"a1","status":"created","#
                + #""created_at":"2025-01-29T08:15:30.007Z","stream_type":"docker_output","resource":"task_1"}"#)
        let operation = DockerOperation(
            kind: .run, image: "registry:5000/team/app:1.2", container: "web", arguments: ["serve", "--port", "80"],
            environment: ["A": "x=y", "B": "2"])
        #expect(
            gateway.state.dockerRequest
                == DockerTaskRequest(agent: FakeGateway.agent, operation: operation, timeout: 600_000))
    }

    @Test(
        "what each operation needs is enough",
        arguments: [
            #""operation":"run","image":"app""#, #""operation":"pull","image":"app@sha256:0a""#,
            #""operation":"start","container":"web""#, #""operation":"stop","container":"/web""#,
            #""operation":"restart","container":"4f9c0a","args":[],"env":{}"#, #""operation":"logs","container":"web""#,
            #""operation":"remove","container":"web","args":["--force","--volumes"]"#,
            #""operation":"exec","container":"web","args":["sh","-c","echo \"$A\""],"env":{"A":"1"}"#,
        ])
    func enough(_ members: String) async {
        let answer = await router.call(.post, "/tasks/docker", #"{"agent_id":"a1",\#(members)}"#)
        #expect(answer.status == 201, "\(members): \(answer.text)")
        #expect(gateway.state.dockerRequest?.timeout == 300_000)
    }

    @Test(
        "each mistake is named",
        arguments: [
            (#""operation":"run","image":"app""#, "agent_id"), (#""agent_id":"a1","image":"app""#, "operation"),
            (#""agent_id":"a1","operation":"prune""#, "operation"), (#""agent_id":"a1","operation":5"#, "operation"),
            (#""agent_id":"a1","operation":"run""#, "image"),
            (#""agent_id":"a1","operation":"run","image":"""#, "image"),
            (#""agent_id":"a1","operation":"run","image":"a b""#, "image"),
            (#""agent_id":"a1","operation":"run","image":"-v""#, "image"),
            (#""agent_id":"a1","operation":"start","container":"web","image":"app""#, "image"),
            (#""agent_id":"a1","operation":"start""#, "container"),
            (#""agent_id":"a1","operation":"pull","image":"app","container":"web""#, "container"),
            (#""agent_id":"a1","operation":"stop","container":"../images""#, "container"),
            (#""agent_id":"a1","operation":"stop","container":"..""#, "container"),
            (#""agent_id":"a1","operation":"stop","container":"a b""#, "container"),
            (#""agent_id":"a1","operation":"exec","container":"web""#, "args"),
            (#""agent_id":"a1","operation":"exec","container":"web","args":[1]"#, "args"),
            (#""agent_id":"a1","operation":"exec","container":"web","args":["a\u0000b"]"#, "args"),
            (#""agent_id":"a1","operation":"start","container":"web","args":["x"]"#, "args"),
            (#""agent_id":"a1","operation":"remove","container":"web","args":["--all"]"#, "args"),
            (
                #""agent_id":"a1","operation":"run","image":"a","args":["\#(String(repeating: "x", count: 32_769))"]"#,
                "args"
            ),
            (#""agent_id":"a1","operation":"stop","container":"web","env":{"A":"1"}"#, "env"),
            (#""agent_id":"a1","operation":"run","image":"a","env":{"A=B":"1"}"#, "env"),
            (#""agent_id":"a1","operation":"run","image":"a","env":["A=1"]"#, "env"),
            (#""agent_id":"a1","operation":"run","image":"a","timeout":"0s""#, "timeout"),
            (#""agent_id":"a1","operation":"run","image":"a","command":"x""#, "command"),
        ])
    func bad(members: String, field: String) async {
        let answer = await router.call(.post, "/tasks/docker", "{\(members)}")
        #expect(answer.status == 400 && answer.code == "invalid_field" && answer.field == field, "\(answer.text)")
        #expect(gateway.state.dockerRequest == nil)
    }

    @Test("an agent that does not allow it, and one that is not connected")
    func refusals() async {
        gateway.update { $0.failure = ServiceError.notAllowedByAgent(FakeGateway.agent, .docker) }
        let body = #"{"agent_id":"a1","operation":"run","image":"app"}"#
        #expect(await router.call(.post, "/tasks/docker", body).code == "not_allowed_by_agent")
        gateway.update { $0.failure = ServiceError.agentOffline(FakeGateway.agent) }
        #expect(await router.call(.get, "/agents/a1/containers").code == "agent_offline")
        gateway.update { $0.failure = ServiceError.engineUnavailable(reason: "no container engine: x") }
        let answer = await router.call(.get, "/agents/a1/containers")
        #expect(
            answer.status == 503 && answer.code == "engine_unavailable" && answer.message == "no container engine: x")
    }

    @Test("the list has every field of every container, in pages")
    func list() async {
        let first =
            #"{"id":"4f9c","name":"web","image":"nginx:1","state":"running","status":"Up 2 hours","health":"healthy","#
            + #""created_at":"2025-01-29T08:15:30.007Z","cpu_percent":12.5,"memory_bytes":1048576,"#
            + #""memory_limit_bytes":2097152,"ports":["0.0.0.0:8080->80/tcp"]}"#
        let second =
            #"{"id":"5a","name":"old","image":"nginx:1","state":"exited","status":"Exited (0)","health":null,"#
            + #""created_at":null,"cpu_percent":null,"memory_bytes":null,"memory_limit_bytes":null,"ports":[]}"#
        let whole = #"{"containers":[\#(first),\#(second)],"total":2,"page":1}"#
        #expect(await router.call(.get, "/agents/a1/containers").text == whole)
        let page = #"{"containers":[\#(second)],"total":2,"page":2}"#
        #expect(await router.call(.get, "/agents/a1/containers?per_page=1&page=2").text == page)
        #expect(await router.call(.get, "/agents/gone/containers").code == "agent_not_found")
        #expect(await router.call(.get, "/agents/a1/containers?all=1").field == "all")
    }
}
