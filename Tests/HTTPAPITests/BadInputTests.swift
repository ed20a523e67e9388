import HTTPAPI
import JSON
import Model
import Testing
import Service

@Suite("Bad input")
struct BadInputTests {
    let gateway = FakeGateway()
    var router: Router { Router(gateway) }

    @Test(
        "what is not JSON is told where",
        arguments: [
            "", " ", "{", "[", "{]", "nonsense", "{'stream_type':1}", #"{"stream_type":"metrics",}"#,
            #"{"agent_id":"a1","agent_id":"a2"}"#, "{} {}", "\u{feff}{}", #"{"cmd":"\ud800"}"#,
            String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
        ])
    func json(body: String) async {
        for path in ["/subscriptions", "/tasks/shell", "/admin/streams/server"] {
            let answer = await router.call(.post, path, body)
            #expect(answer.status == 400)
            #expect(answer.code == "invalid_json")
        }
        #expect(await router.call(.post, "/subscriptions", "{\"a\" 1}").message.contains("line 1, column 6"))
    }

    @Test("a body that is JSON but no object is refused", arguments: ["[]", "1", "\"x\"", "null", "true"])
    func noObject(body: String) async {
        let answer = await router.call(.post, "/tasks/shell", body)
        #expect(answer.status == 400)
        #expect(answer.code == "invalid_json")
        #expect(answer.message.contains("must be an object"))
    }

    @Test(
        "subscriptions: each mistake is named",
        arguments: [
            (#"{}"#, "invalid_field", "stream_type"),
            (#"{"stream_type":null}"#, "invalid_field", "stream_type"),
            (#"{"stream_type":7,"agent_id":"a1"}"#, "invalid_field", "stream_type"),
            (#"{"stream_type":"metricz","agent_id":"a1"}"#, "unknown_stream_type", "stream_type"),
            (#"{"stream_type":"health_check","agent_id":"a1"}"#, "not_a_client_stream", "stream_type"),
            (#"{"stream_type":"gateway_events"}"#, "not_a_client_stream", "stream_type"),
            (#"{"stream_type":"metrics"}"#, "invalid_field", "agent_id"),
            (#"{"stream_type":"metrics","agent_id":""}"#, "invalid_field", "agent_id"),
            (#"{"stream_type":"metrics","agent_id":"a b"}"#, "invalid_field", "agent_id"),
            (#"{"stream_type":"metrics","agent_id":"a/b"}"#, "invalid_field", "agent_id"),
            (#"{"stream_type":"metrics","agent_id":5}"#, "invalid_field", "agent_id"),
            (#"{"stream_type":"metrics","agent_id":["a1"]}"#, "invalid_field", "agent_id"),
            (#"{"stream_type":"container_logs","agent_id":"*","resource":"web"}"#, "invalid_field", "agent_id"),
            (#"{"stream_type":"container_logs","agent_id":"a1"}"#, "resource_required", "resource"),
            (#"{"stream_type":"shell_output","resource":""}"#, "resource_required", "resource"),
            (#"{"stream_type":"shell_output","resource":"a/b"}"#, "invalid_field", "resource"),
            (#"{"stream_type":"metrics","agent_id":"a1","resource":"cpu"}"#, "invalid_field", "resource"),
            (#"{"stream_type":"metrics","agent_id":"a1","session_id":"a b"}"#, "invalid_field", "session_id"),
            (#"{"stream_type":"metrics","agent_id":"a1","confg":{}}"#, "invalid_field", "confg"),
            (#"{"stream_type":"metrics","agent_id":"a1","config":[]}"#, "invalid_field", "config"),
            (#"{"stream_type":"metrics","agent_id":"a1","config":"5s"}"#, "invalid_field", "config"),
            (
                #"{"stream_type":"metrics","agent_id":"a1","config":{"intervall":1}}"#, "invalid_field",
                "config.intervall"
            ),
        ])
    func subscriptions(body: String, code: String, field: String) async {
        let answer = await router.call(.post, "/subscriptions", body)
        #expect(answer.status == (code == "not_a_client_stream" ? 403 : 400))
        #expect(answer.code == code)
        #expect(answer.field == field)
        #expect(gateway.state.subscriptionRequest == nil)
    }

    @Test(
        "config: what is out of range or of the wrong type is refused, never corrected",
        arguments: [
            (#"{"interval":"99ms"}"#, "interval"), (#"{"interval":"61m"}"#, "interval"),
            (#"{"interval":0}"#, "interval"),
            (#"{"interval":-5}"#, "interval"), (#"{"interval":"5"}"#, "interval"), (#"{"interval":"s"}"#, "interval"),
            (#"{"interval":"5 s"}"#, "interval"), (#"{"interval":"5d"}"#, "interval"),
            (#"{"interval":"1e3s"}"#, "interval"),
            (#"{"interval":"-1s"}"#, "interval"), (#"{"interval":".5s"}"#, "interval"),
            (#"{"interval":"5.s"}"#, "interval"),
            (#"{"interval":"1.2.3s"}"#, "interval"), (#"{"interval":"٥s"}"#, "interval"),
            (#"{"interval":1e300}"#, "interval"),
            (#"{"interval":true}"#, "interval"), (#"{"interval":"9999999999999999999999h"}"#, "interval"),
            (#"{"buffer_size":0}"#, "buffer_size"), (#"{"buffer_size":10001}"#, "buffer_size"),
            (#"{"buffer_size":1.5}"#, "buffer_size"), (#"{"buffer_size":"5"}"#, "buffer_size"),
            (#"{"buffer_size":18446744073709551615}"#, "buffer_size"), (#"{"filters":"cpu"}"#, "filters"),
            (#"{"filters":["gpu"]}"#, "filters"), (#"{"filters":["cpu.gpu"]}"#, "filters"),
            (#"{"filters":[1]}"#, "filters"),
            (#"{"filters":["cpu."]}"#, "filters"), (#"{"filters":[""]}"#, "filters"),
            (#"{"metrics":["gpu"]}"#, "metrics"),
            (#"{"metrics":[],"filters":[]}"#, "metrics"), (#"{"snapshot":"yes"}"#, "snapshot"),
            (#"{"snapshot":1}"#, "snapshot"),
            (#"{"alert_levels":["fatal"]}"#, "alert_levels"), (#"{"alert_levels":"critical"}"#, "alert_levels"),
            (#"{"alert_levels":[2]}"#, "alert_levels"), (#"{"levels":["LOUD"]}"#, "levels"),
            (#"{"levels":"ERROR"}"#, "levels"),
            (#"{"levels":[\#(Array(repeating: "\"INFO\"", count: 65).joined(separator: ","))]}"#, "levels"),
            (#"{"query":5}"#, "query"), (#"{"query":"\u0000"}"#, "query"),
            (#"{"query":"\#(String(repeating: "q", count: 1_025))"}"#, "query"),
            (#"{"since":"-1h"}"#, "since"), (#"{"since":"8761h"}"#, "since"), (#"{"since":"yesterday"}"#, "since"),
            (#"{"include_raw_output":"no"}"#, "include_raw_output"),
            (#"{"status_updates_only":1}"#, "status_updates_only"),
            (#"{"tail":-1}"#, "tail"), (#"{"tail":10001}"#, "tail"), (#"{"all":"true"}"#, "all"),
            (#"{"wait_for_agent":0}"#, "wait_for_agent"), (#"{"include_trends":[]}"#, "include_trends"),
        ])
    func config(config: String, field: String) async {
        let body = #"{"stream_type":"metrics","agent_id":"a1","config":\#(config)}"#
        let answer = await router.call(.post, "/subscriptions", body)
        #expect(answer.status == 400, "\(config)")
        #expect(answer.code == "invalid_field")
        #expect(answer.field == "config." + field)
    }

    @Test(
        "tasks: each mistake is named",
        arguments: [
            (#"{}"#, "agent_id"), (#"{"agent_id":"a1"}"#, "cmd"), (#"{"agent_id":"a1","cmd":""}"#, "cmd"),
            (#"{"agent_id":"a1","cmd":" \n"}"#, "cmd"), (#"{"agent_id":"a1","cmd":["ls"]}"#, "cmd"),
            (#"{"agent_id":"a1","cmd":"a\u0000b"}"#, "cmd"), (#"{"agent_id":"*","cmd":"ls"}"#, "agent_id"),
            (#"{"agent_id":"a1","cmd":"ls","timeout":"0s"}"#, "timeout"),
            (#"{"agent_id":"a1","cmd":"ls","timeout":"x"}"#, "timeout"),
            (#"{"agent_id":"a1","cmd":"ls","timeout":"169h"}"#, "timeout"),
            (#"{"agent_id":"a1","cmd":"ls","deployment_id":"a b"}"#, "deployment_id"),
            (#"{"agent_id":"a1","cmd":"ls","command":"ls"}"#, "command"),
        ])
    func tasks(body: String, field: String) async {
        let answer = await router.call(.post, "/tasks/shell", body)
        #expect(answer.status == 400)
        #expect(answer.code == "invalid_field")
        #expect(answer.field == field)
        #expect(gateway.state.shellRequest == nil)
    }

    @Test("a command that is too long is refused")
    func longCommand() async {
        let command = String(repeating: "x", count: ShellTaskRequest.maximumCommandBytes + 1)
        #expect(await router.call(.post, "/tasks/shell", #"{"agent_id":"a1","cmd":"\#(command)"}"#).field == "cmd")
    }

    @Test(
        "server streams: each mistake is named",
        arguments: [
            (#"{"agent_id":"a1"}"#, "stream_type"), (#"{"stream_type":"metrics"}"#, "agent_id"),
            (#"{"stream_type":"shell_output","agent_id":"a1"}"#, "stream_type"),
            (#"{"stream_type":"gateway_events","agent_id":"a1"}"#, "stream_type"),
            (#"{"stream_type":"metrics","agent_id":"*"}"#, "agent_id"),
            (#"{"stream_type":"metrics","agent_id":"a1","config":{"interval":"1ms"}}"#, "config.interval"),
            (#"{"stream_type":"metrics","agent_id":"a1","config":{"buffer_size":5}}"#, "config.buffer_size"),
        ])
    func serverStreams(body: String, field: String) async {
        let answer = await router.call(.post, "/admin/streams/server", body)
        #expect(answer.status == 400)
        #expect(answer.field == field)
    }

    @Test("bodies of the other calls are as strict")
    func otherBodies() async {
        #expect(await router.call(.post, "/sessions", #"{"a":1}"#).field == "a")
        #expect(
            await router.call(.post, "/agents/a1/metrics/start", #"{"interval_seconds":0}"#).field == "interval_seconds"
        )
        #expect(await router.call(.post, "/agents/a1/metrics/start", #"{"interval":1}"#).field == "interval")
        #expect(await router.call(.post, "/agents/a1/metrics/stop", #"{"x":1}"#).field == "x")
        #expect(
            await router.call(.post, "/agents/a1/system/refresh", #"{"include_hardware":1}"#).field
                == "include_hardware")
    }

    @Test(
        "pages out of range are refused",
        arguments: [
            "page=0", "page=-1", "page=x", "page=1.5", "page=", "page=99999999999999999999", "per_page=0",
            "per_page=1001",
            "per_page=%31%30%30%31", "page=1&page=2", "per_pag=5", "per_page=+5",
        ])
    func paging(query: String) async {
        for path in ["/subscriptions", "/tasks", "/agents", "/agents/a1/tasks", "/admin/streams", "/agents/a1/streams"]
        {
            let answer = await router.call(.get, "\(path)?\(query)")
            #expect(answer.status == 400, "\(path)")
            #expect(answer.code == "invalid_field")
        }
    }

    @Test("filters of lists are checked")
    func filters() async {
        #expect(await router.call(.get, "/tasks?status=done").field == "status")
        #expect(await router.call(.get, "/tasks?agent_id=a%20b").field == "agent_id")
        #expect(await router.call(.get, "/subscriptions?stream_type=metricz").field == "stream_type")
        #expect(await router.call(.get, "/stream-types?x=1").field == "x")
        #expect(await router.call(.get, "/healthz?x=1").status == 200)
    }

    @Test("content types other than JSON are 415, none at all passes")
    func contentTypes() async {
        let body = #"{"agent_id":"a1","cmd":"true"}"#
        for type in [
            "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data; boundary=x",
            "",
        ] {
            let answer = await router.call(.post, "/tasks/shell", body, headers: [.contentType: type])
            #expect(answer.status == 415, "\(type)")
            #expect(answer.code == "unsupported_media_type")
        }
        #expect(
            await router.call(.post, "/tasks/shell", body, headers: [.contentType: "application/json; charset=latin1"])
                .status == 415)
        for type in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            #expect(
                await router.call(.post, "/tasks/shell", body, headers: [.contentType: type]).status == 201, "\(type)")
        }
        let request = HTTPRequest(method: .post, target: "/tasks/shell", body: Array(body.utf8), peer: "p")
        guard case .response(let response) = await router.handle(request) else { return }
        #expect(response.status == 201)
    }

    @Test("bodies over the limit are 413, missing ones 411")
    func lengths() async {
        let router = Router(gateway, APIConfiguration(version: "1", maximumBodyBytes: 20))
        #expect(await router.call(.post, "/sessions", String(repeating: " ", count: 21)).code == "body_too_large")
        #expect(await router.call(.post, "/tasks/shell").code == "length_required")
        #expect(await router.call(.post, "/sessions").status == 201)
    }

    @Test(
        "what the gateway refuses keeps its meaning",
        arguments: [
            (ServiceError.notFound(.session, id: "ses_9"), 404, "session_not_found"),
            (.notFound(.stream, id: "s"), 404, "stream_not_found"), (.sessionFull(limit: 256), 409, "session_full"),
            (.taskFinished(FakeGateway.task, .completed), 409, "task_finished"),
            (.conflict(reason: "x"), 409, "conflict"),
            (.agentOffline(FakeGateway.agent), 409, "agent_offline"), (.forbidden(reason: "x"), 403, "forbidden"),
            (.notAllowedByAgent(FakeGateway.agent, .shell), 403, "not_allowed_by_agent"),
            (.rateLimited(reason: "x", retryAfterSeconds: 7), 429, "rate_limited"),
            (.overloaded(retryAfterSeconds: 7), 503, "overloaded"), (.draining, 503, "draining"),
            (.storeUnavailable(reason: "disk full"), 503, "store_unavailable"), (.agentRequired, 400, "invalid_field"),
            (.invalidField("config.since", reason: "is too long"), 400, "invalid_field"),
            (.resourceRequired(.shellOutput), 400, "resource_required"),
        ])
    func serviceErrors(error: ServiceError, status: Int, code: String) async {
        gateway.update { $0.failure = error }
        let answer = await router.call(.get, "/tasks/task_1", isDescribed: false)  // each by any route
        #expect(answer.status == status)
        #expect(answer.code == code)
        #expect(!answer.message.isEmpty)
        if status == 429 { #expect(answer.response.header("Retry-After") == "7") }
    }
}
