import HTTPAPI
import JSON
import Model
import Testing
import Service

@Suite("Routing")
struct RouterTests {
    let router = Router(FakeGateway())

    @Test(
        "an unknown path is 404", arguments: ["/nothing", "/agents/", "/agents/a1/nothing", "//", "/agents//metrics/x"])
    func notFound(path: String) async {
        let answer = await router.call(.get, path)
        #expect(answer.status == 404)
        #expect(answer.code == "not_found")
        #expect(answer.response.header("Content-Type") == "application/json")
    }

    @Test(
        "a method that the path does not take is 405 with those it takes",
        arguments: [
            (HTTPMethod.put, "/subscriptions", "GET, HEAD, OPTIONS, POST"), (.post, "/healthz", "GET, HEAD, OPTIONS"),
            (.get, "/tasks/shell", "OPTIONS, POST"), (.delete, "/alerts/silences", "GET, HEAD, OPTIONS, POST"),
            (.patch, "/tasks/t", "DELETE, GET, HEAD, OPTIONS"),
            (.get, "/admin/streams/server", "OPTIONS, POST"), (.head, "/streams/sub_1", "GET, OPTIONS"),
            (.post, "/streams/sub_1", "GET, OPTIONS"),
        ])
    func methodNotAllowed(method: HTTPMethod, path: String, allow: String) async {
        let answer = await router.call(method, path, "{}")
        #expect(answer.status == 405)
        #expect(answer.code == "method_not_allowed")
        #expect(answer.response.header("Allow") == allow)
    }

    @Test("a method that HTTP does not know is 405")
    func unknownMethod() async {
        #expect(await router.call(nil, "/agents").status == 405)
    }

    @Test("HEAD is GET as far as the status and the headers go")
    func head() async {
        let head = await router.call(.head, "/agents")
        #expect(head.status == 200)
        #expect(head.response.header("Content-Type") == "application/json")
        #expect(await router.call(.head, "/agents/b").status == 404)
    }

    @Test("OPTIONS is 204 with the methods")
    func options() async {
        let answer = await router.call(.options, "/tasks/t1")
        #expect(answer.status == 204)
        #expect(answer.response.header("Allow") == "DELETE, GET, HEAD, OPTIONS")
        #expect(answer.response.body.isEmpty)
        #expect(await router.call(.options, "*").status == 204)
        #expect(await router.call(.options, "/nothing").status == 404)
    }

    @Test(
        "a path that cannot be decoded safely is refused before anything looks at it",
        arguments: [
            "/agents/%00", "/agents/a%", "/agents/a%2", "/agents/a%zz", "/agents/%ff", "/agents/%c0%af",
            "/agents/../metrics",
            "/agents/%2e%2e/metrics", "/agents/./a1", "/agents/a%0d%0aX", "/agents/é", "/agents/a b", "agents", "", "*",
            "/agents/" + String(repeating: "a", count: 2_048), "/agents?" + String(repeating: "a", count: 8_192),
            "/agents?page=%", "/agents?page=%00",
        ])
    func badPath(target: String) async {
        let answer = await router.call(.get, target)
        #expect(answer.status == 400)
        #expect(answer.code == "invalid_request")
    }

    @Test("an encoded slash does not make another path, and what is encoded for nothing is decoded")
    func encodedPath() async {
        #expect(await router.call(.get, "/agents%2Fa1").status == 404)
        #expect(await router.call(.get, "/agents/a1%2Fmetrics").field == "agent_id")
        #expect(await router.call(.get, "/agents/%61%31").status == 200)
        #expect(await router.call(.get, "/agents/a1%252e").status == 400)
    }

    @Test(
        "ids that break the rules are refused",
        arguments: ["a%20b", "a,b", "%C3%A9", String(repeating: "a", count: 129)])
    func badIdentifiers(id: String) async {
        for (path, field) in [
            ("/agents/\(id)", "agent_id"), ("/tasks/\(id)", "task_id"), ("/streams/\(id)", "subscription_id"),
        ] {
            let answer = await router.call(.get, path)
            #expect(answer.status == 400)
            #expect(answer.code == "invalid_field")
            #expect(answer.field == field)
        }
    }

    @Test("while the gateway starts or drains only the operations' routes answer")
    func phases() async {
        for (phase, code) in [(GatewayPhase.starting, "starting"), (.draining, "draining")] {
            let router = Router(FakeGateway { $0.phase = phase })
            let answer = await router.call(.get, "/agents")
            #expect(answer.status == 503)
            #expect(answer.code == code)
            #expect(answer.response.header("Retry-After") != nil)
            #expect(await router.call(.get, "/healthz").status == 200)
            #expect(await router.call(.get, "/metrics").status == 200)
            let ready = await router.call(.get, "/readyz")
            #expect(ready.status == 503)
            #expect(ready.json?["status"] == .string(code))
            guard case .stream = await router.outcome(.get, "/streams/sub_1") else {
                Issue.record("an EventSource would give up")
                return
            }
        }
    }

    @Test("SSE routes hand on where to continue; the header is newer than the query")
    func streams() async throws {
        guard case .stream(let plain) = await router.outcome(.get, "/streams/sub_9?_=77&last_event_id=e1.5") else {
            throw Missing()
        }
        #expect(plain.target == .subscription(SubscriptionID("sub_9")))
        #expect(plain.lastEventID == "e1.5")
        let outcome = await router.outcome(
            .get, "/sessions/ses_9/events?last_event_id=e1.5", headers: [.lastEventID: "e1.7"])
        guard case .stream(let session) = outcome else { throw Missing() }
        #expect(session.target == .session(SessionID("ses_9")))
        #expect(session.lastEventID == "e1.7")
    }

    @Test("what is not an error of the API is 500 and tells nothing")
    func internalErrors() async {
        struct Secret: Error {}
        let answer = await Router(FakeGateway { $0.failure = Secret() }).call(.get, "/tasks/task_1")
        #expect(answer.status == 500)
        #expect(answer.code == "internal_error")
        #expect(!answer.text.contains("Secret"))
    }

    @Test("foreign pages may read only where the operator says so")
    func crossOrigin() async {
        let origin = "https://dash.example"
        let closed = await router.call(.get, "/agents", headers: [.origin: origin])
        #expect(closed.response.header("Access-Control-Allow-Origin") == nil)
        let configuration = APIConfiguration(version: "1", corsOrigins: [origin])
        let open = Router(FakeGateway(), configuration)
        let answer = await open.call(.get, "/agents", headers: [.origin: origin])
        #expect(answer.response.header("Access-Control-Allow-Origin") == origin)
        #expect(answer.response.header("Vary") == "Origin")
        #expect(answer.response.header("Access-Control-Expose-Headers")?.contains("Retry-After") == true)
        let other = await open.call(.get, "/agents", headers: [.origin: "https://other.example"])
        #expect(other.response.header("Access-Control-Allow-Origin") == nil)
        #expect(other.response.header("Vary") == "Origin")
        let preflight = await open.call(.options, "/tasks/shell", headers: [.origin: origin])
        #expect(preflight.status == 204)
        #expect(preflight.response.header("Access-Control-Allow-Origin") == origin)
        #expect(preflight.response.header("Access-Control-Allow-Headers")?.contains("Authorization") == true)
        guard case .stream(let stream) = await open.outcome(.get, "/streams/s", headers: [.origin: origin]) else {
            return
        }
        let head = String(decoding: EventStreamHead.bytes(with: stream.headers), as: UTF8.self)
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"))
        #expect(head.contains("\r\nAccess-Control-Allow-Origin: \(origin)\r\n"))
        #expect(head.hasSuffix("\r\n\r\n"))
    }

    @Test("every route has a summary, and no two are the same")
    func table() {
        var seen: Set<String> = []
        for route in router.routes {
            #expect(!route.summary.isEmpty)
            #expect(seen.insert("\(route.method.rawValue) \(route.pattern)").inserted)
        }
    }
}

struct Missing: Error {
    @Test(
        "streams and health are answered without waiting for anybody, other routes are not",
        arguments: [
            ("/streams/sub_1?last_event_id=x", true), ("/sessions/ses_1/events", true), ("/healthz", true),
            ("/nowhere", true), ("/readyz", false), ("/agents", false), ("/subscriptions/sub_1", false),
        ])
    func answersAtOnce(target: String, isAtOnce: Bool) {
        let request = HTTPRequest(method: .get, target: target, peer: "127.0.0.1:1000")
        switch Router(FakeGateway()).begin(request) {
        case .outcome: #expect(isAtOnce, "\(target)")
        case .waiting: #expect(!isAtOnce, "\(target)")
        }
    }
}
