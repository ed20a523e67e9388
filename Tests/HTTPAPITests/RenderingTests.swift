import HTTPAPI
import JSON
import Model
import Service
import Testing

@Suite("Answers")
struct RenderingTests {
    let gateway = FakeGateway()
    var router: Router { Router(gateway) }

    @Test("a subscription that was made")
    func createdSubscription() async {
        let body =
            #"{"stream_type":"metrics","agent_id":"a1","config":{"interval":1,"metrics":["load","disk","cpu","cpu"]}}"#
        let answer = await router.call(.post, "/subscriptions", body)
        #expect(answer.status == 201)
        #expect(answer.response.header("Location") == "/subscriptions/sub_1")
        #expect(
            answer.text == #"{"subscription_id":"sub_1","stream_url":"/streams/sub_1","stream_type":"metrics","#
                + #""agent_id":"a1","resource":"","config":{"interval":"1s","filters":["cpu","disks","load"],"#
                + #""buffer_size":100,"snapshot":true,"wait_for_agent":false},"view":"metrics@1000ms","status":"pending","#
                + #""agent_connected":true,"session_id":null,"created_at":"2025-01-29T08:15:30.007Z","#
                + #""expires_at":"2025-01-29T08:16:30.007Z"}"#)
    }

    @Test("a subscription and what became of its events")
    func subscription() async {
        let json = await router.call(.get, "/subscriptions/sub_1").json
        #expect(json?["agent_id"] == .string("*"))
        #expect(json?["delivered"] == .integer(10))
        #expect(json?["dropped"] == .integer(0))
        #expect(json?["conflated"] == .integer(0))
        #expect(json?["queued"] == .integer(0))
        #expect(json?["lag"] == .double(1.25))
        let gone = await router.call(.get, "/subscriptions/sub_2")
        #expect(gone.status == 404)
        #expect(gone.text == #"{"error":"there is no subscription sub_2","code":"subscription_not_found","field":""}"#)
    }

    @Test(
        "the config in the answer has what the type uses",
        arguments: [
            (StreamType.shellOutput, ["buffer_size", "wait_for_agent"]),
            (.containerLogs, ["buffer_size", "query", "tail", "wait_for_agent"]),
            (.alertEvents, ["interval", "buffer_size", "snapshot", "alert_levels", "wait_for_agent"]),
            (.processedLogs, ["buffer_size", "levels", "query", "since", "all", "wait_for_agent"]),
            (.deploymentStatus, ["buffer_size", "include_raw_output", "status_updates_only", "wait_for_agent"]),
            (
                .processedMetrics,
                ["interval", "filters", "buffer_size", "snapshot", "include_trends", "alert_levels", "wait_for_agent"]
            ),
        ])
    func config(type: StreamType, names: [String]) async {
        let resource = type.info.resourceBased ? #","resource":"r1""# : ""
        let body = #"{"stream_type":"\#(type.rawValue)","agent_id":"a1"\#(resource)}"#
        let answer = await router.call(.post, "/subscriptions", body)
        #expect(answer.json?["config"]?.object?.members.map(\.name) == names)
    }

    @Test(
        "the config in the answer is what was applied: normal forms, and defaults where nothing was said",
        arguments: [
            (
                "processed_metrics", "",
                #""interval":"5s","filters":[],"buffer_size":100,"snapshot":true,"include_trends":true,"alert_levels":[]"#
            ),
            (
                "processed_metrics",
                #""interval":0.5,"metrics":["disk","cpu"],"include_trends":false,"alert_levels":["CRITICAL","info"]"#,
                #""interval":"500ms","filters":["cpu","disks"],"buffer_size":100,"snapshot":true,"#
                    + #""include_trends":false,"alert_levels":["info","critical"]"#
            ),
            (
                "alert_events", #""alert_levels":["warning","critical","warning"],"interval":"60s""#,
                #""interval":"1m","buffer_size":100,"snapshot":false,"alert_levels":["warning","critical"]"#
            ),
            (
                "processed_logs", #""query":" ","since":0,"buffer_size":1"#,
                #""buffer_size":1,"levels":[],"query":null,"since":"0s","all":false"#
            ),
            (
                "processed_logs", #""levels":["fatal","Error"],"query":"disk full","since":"90m","all":true"#,
                #""buffer_size":100,"levels":["ERROR","FATAL"],"query":"disk full","since":"90m","all":true"#
            ),
            ("deployment_status", "", #""buffer_size":100,"include_raw_output":true,"status_updates_only":false"#),
            (
                "deployment_status", #""include_raw_output":false,"status_updates_only":true"#,
                #""buffer_size":100,"include_raw_output":false,"status_updates_only":true"#
            ),
        ])
    func appliedConfig(type: String, config: String, applied: String) async {
        let target = type == "deployment_status" ? #""resource":"dep_1""# : #""agent_id":"*""#
        let body = #"{"stream_type":"\#(type)",\#(target),"config":{\#(config)}}"#
        let answer = await router.call(.post, "/subscriptions", body)
        #expect(answer.status == 201, "\(answer.text)")
        #expect(answer.text.contains(#""config":{\#(applied),"wait_for_agent":false},"#), "\(answer.text)")
    }

    @Test("lists have their items, the total and the page")
    func lists() async {
        for (path, plural) in [
            ("/subscriptions", "subscriptions"), ("/tasks", "tasks"), ("/agents/a1/tasks", "tasks"),
            ("/agents", "agents"),
            ("/admin/streams", "streams"), ("/agents/a1/streams", "streams"),
        ] {
            let first = await router.call(.get, path).json
            #expect(first?.object?.members.map(\.name) == [plural, "total", "page"])
            #expect(first?[plural]?.array?.count == 1)
            let second = await router.call(.get, path + "?page=2&per_page=1000").json
            #expect(second?[plural]?.array?.isEmpty == true)
            #expect(second?["total"] == .integer(1))
            #expect(second?["page"] == .integer(2))
            #expect(gateway.state.page == PageRequest(page: 2, perPage: 1_000))
        }
    }

    @Test("stream types are printed from the registry")
    func streamTypes() async {
        let types = await router.call(.get, "/stream-types").json?["stream_types"]
        #expect(types?.array?.count == StreamType.allCases.count)
        #expect(
            types?[3].map { value in String(decoding: JSONWriter.render { $0.value(value) }, as: UTF8.self) }
                == #"{"name":"metrics","category":"periodic","destination":"hybrid","#
                + #""description":"CPU, memory, disks, network, processes and load of a host","auto_start":true,"#
                + #""auto_stop":true,"resource_based":false,"multi_instance":false,"buffered":false,"#
                + #""process_on_server":true}"#)
    }

    @Test("a task: created, as it is, its output, cancelled")
    func tasks() async {
        let created = await router.call(.post, "/tasks/shell", #"{"agent_id":"a1","cmd":"echo \"1\"","timeout":"1m"}"#)
        #expect(created.status == 201)
        #expect(
            created.text == #"{"task_id":"task_1","agent_id":"a1","status":"created","#
                + #""created_at":"2025-01-29T08:15:30.007Z","stream_type":"shell_output","resource":"task_1"}"#)
        #expect(
            gateway.state.shellRequest
                == ShellTaskRequest(agent: FakeGateway.agent, command: "echo \"1\"", timeout: 60_000))
        let task = await router.call(.get, "/tasks/task_1").json
        #expect(task?["cmd"] == .string("echo \"1\""))
        #expect(task?["timeout"] == .integer(300))
        #expect(task?["duration"] == .double(3.004))
        #expect(task?["exit_code"] == .integer(0))
        #expect(task?["line_count"] == .integer(3))
        #expect(task?["byte_count"] == .integer(6))
        let output = await router.call(.get, "/tasks/task_1/output")
        #expect(output.response.header("Content-Type") == "text/plain; charset=utf-8")
        #expect(output.text == "1\n2\n3\n")
        #expect(await router.call(.delete, "/tasks/task_1").text == #"{"message":"task cancelled"}"#)
        #expect(await router.call(.get, "/tasks/task_2").code == "task_not_found")
    }

    @Test("agents and their last values")
    func agents() async {
        let agent = await router.call(.get, "/agents/a1")
        #expect(
            agent.text == #"{"agent_id":"a1","hostname":"h","version":"1","connected":true,"#
                + #""connected_since":"2025-01-29T08:15:30.007Z","last_seen":"2025-01-29T08:15:30.007Z","#
                + #""address":"127.0.0.1:5","labels":{"a":"1","b":"2"},"capabilities":["metrics","shell"],"#
                + #""streams_active":0,"tasks_running":0,"health":"unknown"}"#)
        #expect(await router.call(.get, "/agents/a2").code == "agent_not_found")
        #expect(await router.call(.get, "/agents/a1/metrics").text == #"{"timestamp":1}"#)
        gateway.update { $0.metrics = nil }
        #expect(await router.call(.get, "/agents/a1/metrics").code == "metrics_not_found")
        #expect(await router.call(.get, "/agents/a1/system").code == "system_not_found")
        let refresh = await router.call(.post, "/agents/a1/system/refresh", #"{"include_software":false}"#)
        #expect(refresh.status == 202)
        #expect(refresh.text == #"{"task_id":"task_1","status":"created"}"#)
        #expect(gateway.state.systemParts?.software == false)
        #expect(gateway.state.systemParts?.hardware == true)
        let all = await router.call(.get, "/metrics/agents")
        #expect(
            all.text == #"{"agents":{"a1":{"agent_id":"a1","connected":true,"last_seen":"2025-01-29T08:15:30.007Z","#
                + #""last_update":null,"streaming_active":false,"has_system_info":true,"has_metrics":false}}}"#)
    }

    @Test("streams and why they run")
    func streams() async {
        let stream = await router.call(.get, "/admin/streams").json?["streams"]?[0]
        #expect(stream?["stream_type"] == .string("metrics"))
        #expect(stream?["generation"] == .integer(3))
        #expect(stream?["state"] == .string("active"))
        #expect(stream?["config"]?.object?.members.map(\.name) == ["interval", "filters"])
        #expect(stream?["config"]?["interval"] == .string("5s"))
        #expect(stream?["lease_count"] == .integer(1))
        #expect(stream?["leases"]?[0]?["kind"] == .string("listener"))
        #expect(stream?["leases"]?[0]?["id"] == .string("sub_1"))
        #expect(stream?["events_per_second"] == .double(0.2))
        #expect(stream?["processor"] == .null)
    }

    @Test("server streams, and the older way to ask for them")
    func serverStreams() async {
        let body =
            #"{"stream_type":"health_check","agent_id":"a1","config":{"interval":"30s","metrics":["cpu","memory","disk"]}}"#
        let created = await router.call(.post, "/admin/streams/server", body)
        #expect(created.status == 201)
        #expect(created.json?["stream_id"] == .string("srv_1"))
        #expect(created.json?["status"] == .string("active"))
        #expect(created.json?["processor"] == .string("health_check"))
        #expect(created.json?["started_at"] == .string("2025-01-29T08:15:30.007Z"))
        #expect(gateway.state.serverRequest?.config.filters == ["cpu", "disks", "memory"])
        #expect(await router.call(.delete, "/admin/streams/server/srv_1").status == 204)
        #expect(await router.call(.delete, "/admin/streams/server/srv_2").code == "stream_not_found")
        let started = await router.call(
            .post, "/agents/a1/metrics/start", #"{"interval_seconds":0.5,"metrics":["cpu"]}"#)
        #expect(started.status == 200)
        #expect(started.json?["interval_seconds"] == .double(0.5))
        #expect(gateway.state.metricsConfig?.interval == 500)
        #expect(await router.call(.post, "/agents/a1/metrics/start").status == 200)
        #expect(gateway.state.metricsConfig?.interval == 5_000)
        #expect(await router.call(.post, "/agents/a1/metrics/stop").status == 200)
    }

    @Test("sessions")
    func sessions() async {
        let created = await router.call(.post, "/sessions")
        #expect(created.status == 201)
        #expect(
            created.text
                == #"{"session_id":"ses_1","events_url":"/sessions/ses_1/events","expires_at":"2025-01-29T08:15:30.007Z"}"#
        )
        #expect(await router.call(.delete, "/sessions/ses_1").status == 204)
        #expect(await router.call(.delete, "/sessions/ses_2").code == "session_not_found")
    }

    @Test("health and readiness")
    func operations() async {
        #expect(await router.call(.get, "/healthz").text == #"{"status":"ok","version":"1.2.3"}"#)
        #expect(
            await router.call(.get, "/readyz").text
                == #"{"status":"ready","checks":{"store":{"ok":true,"detail":"writes"}}}"#)
        let metrics = await router.call(.get, "/metrics")
        #expect(metrics.response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            metrics.text.hasPrefix(
                "# HELP sluice_agents Agents connected\n# TYPE sluice_agents gauge\nsluice_agents 1\n"))
        #expect(metrics.text.contains("\nsluice_http_stream_requests_total 0\n"))
    }

    @Test("lists are filtered by what the query says")
    func filters() async {
        _ = await router.call(.get, "/subscriptions?stream_type=metrics&agent_id=*&session_id=ses_1")
        #expect(
            gateway.state.subscriptionFilter
                == SubscriptionSelection(type: .metrics, agent: .every, session: SessionID("ses_1")))
        _ = await router.call(.get, "/tasks?status=in_progress&agent_id=a1")
        #expect(gateway.state.taskFilter == TaskSelection(agent: FakeGateway.agent, status: .inProgress))
        _ = await router.call(.get, "/agents/a1/tasks?status=")
        #expect(gateway.state.taskFilter == TaskSelection(agent: FakeGateway.agent, status: nil))
    }
}
