import HTTPAPI
import JSON
import Model
import Service
import Testing

@Suite("Routes of the API before subscriptions")
struct LegacyRouteTests {
    func opening(_ target: String, _ gateway: FakeGateway = FakeGateway()) async throws -> StreamOpening {
        guard case .stream(let stream) = await Router(gateway).outcome(.get, target) else { throw Missing() }
        return stream
    }

    @Test("the metrics of an agent are a subscription to all of them in the older format")
    func metrics() async throws {
        let stream = try await opening("/agents/a1/metrics/stream?interval=2&_=1")
        guard case .ownSubscription(let request, let principal) = stream.target else { throw Missing() }
        #expect(request.type == .metrics)
        #expect(request.agent == .one(AgentID("a1")))
        #expect(request.config.interval == 2_000)
        #expect(request.config.filters == [])
        #expect(request.config.snapshot)
        #expect(request.config.format == .legacy)
        #expect(principal == .anonymousAdmin)
    }

    @Test(
        "an interval that is none is five seconds",
        arguments: [
            "", "?interval=", "?interval=0", "?interval=-1", "?interval=abc", "?interval=3601", "?interval=1.5",
        ])
    func badInterval(query: String) async throws {
        let stream = try await opening("/agents/a1/metrics/stream" + query)
        guard case .ownSubscription(let request, _) = stream.target else { throw Missing() }
        #expect(request.config.interval == 5_000)
    }

    @Test("a task's stream goes on behind the event that the client has seen")
    func task() async throws {
        let stream = try await opening("/stream?ref=task_1&last_event_id=7")
        guard case .ownSubscription(let request, _) = stream.target else { throw Missing() }
        #expect(request.type == .shellOutput)
        #expect(request.agent == .one(FakeGateway.agent))
        #expect(request.resource == "task_1")
        #expect(request.config.format == .legacy)
        #expect(stream.lastEventID == "7")
    }

    @Test(
        "what is replaced says so in every answer, with what replaces it",
        arguments: [
            ("/agents/a1/metrics/stream", "</subscriptions>"), ("/stream?ref=task_1", "</subscriptions>"),
        ])
    func deprecation(target: String, successor: String) async throws {
        let stream = try await opening(target)
        let headers = Dictionary(uniqueKeysWithValues: stream.headers.map { ($0.name, $0.value) })
        #expect(headers["Deprecation"] == "@1738108800")
        #expect(headers["Link"] == successor + #"; rel="successor-version""#)
        let refusal = await Router(FakeGateway()).call(.get, "/stream")
        #expect(refusal.response.header("Deprecation") == "@1738108800")
        #expect(await Router(FakeGateway()).call(.get, "/agents").response.header("Deprecation") == nil)
    }

    @Test("starting and stopping metrics say what replaces them")
    func startAndStop() async {
        for action in ["start", "stop"] {
            let answer = await Router(FakeGateway()).call(.post, "/agents/a1/metrics/\(action)")
            #expect(answer.status == 200)
            #expect(answer.response.header("Link") == #"</admin/streams/server>; rel="successor-version""#)
        }
    }

    @Test(
        "errors of the kept routes have details",
        arguments: [
            (HTTPMethod.get, "/stream", 400, "invalid_field: ref"), (.get, "/stream?ref=none", 404, "task_not_found"),
            (.get, "/stream?ref=a%20b", 400, "invalid_field: ref"),
            (.get, "/agents/none/metrics", 404, "agent_not_found"),
            (.get, "/agents/none/system", 404, "agent_not_found"),
            (.post, "/agents/none/system/refresh", 404, "agent_not_found"),
            (.get, "/agents/none/metrics/history", 404, "agent_not_found"),
            (.post, "/agents/none/metrics/start", 404, "agent_not_found"),
            (.post, "/agents/none/metrics/stop", 404, "agent_not_found"),
        ])
    func details(method: HTTPMethod, target: String, status: Int, details: String) async {
        let answer = await Router(FakeGateway()).call(method, target)
        #expect(answer.status == status)
        #expect(answer.json?["details"] == .string(details))
        #expect(!answer.message.isEmpty)
    }

    @Test("errors of the other routes have none")
    func noDetails() async {
        #expect(await Router(FakeGateway()).call(.get, "/agents/none").json?["details"] == nil)
    }

    @Test("they need a token where there are tokens")
    func tokens() async {
        let gateway = FakeGateway { $0.tokens["t"] = .anonymousAdmin }
        for target in ["/agents/a1/metrics/stream", "/stream?ref=task_1"] {
            let answer = await Router(gateway).call(.get, target)
            #expect(answer.status == 401)
            #expect(answer.json?["details"] == .string("unauthorized"))
        }
    }

    @Test("while the gateway drains an EventSource is told to come back, and not to give up")
    func draining() async {
        let gateway = FakeGateway { $0.phase = .draining }
        for target in ["/agents/a1/metrics/stream", "/stream?ref=task_1"] {
            let answer = await Router(gateway).call(.get, target)
            #expect(answer.status == 200)
            #expect(answer.response.header("Content-Type") == "text/event-stream")
            #expect(answer.text.hasPrefix("retry: "))
        }
    }
}
