import HTTPAPI
import Model
import Service
import Testing

@Suite("Who may call what")
struct AuthenticationTests {
    let gateway = FakeGateway {
        for role in Role.allCases {
            $0.tokens[role.rawValue] = Principal(
                token: TokenName("name-of-\(role.rawValue)"), role: role, scope: .all, expires: nil)
        }
    }
    var router: Router { Router(gateway) }

    private func bearer(_ token: String) -> [HeaderName: String] { [.authorization: "Bearer \(token)"] }

    @Test(
        "no token, or a wrong one, is 401, and is audited without the token",
        arguments: [nil, "", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "bearer viewer x", "viewer"])
    func unauthorized(header: String?) async {
        let answer = await router.call(.get, "/agents", headers: header.map { [.authorization: $0] } ?? [:])
        #expect(answer.status == 401)
        #expect(answer.code == "unauthorized")
        #expect(answer.response.header("WWW-Authenticate") == "Bearer realm=\"sluice\"")
        let entries = gateway.state.audit
        #expect(entries.map(\.outcome) == [.unauthenticated])
        #expect(entries.first?.action == "GET /agents")
        #expect(entries.first?.peer == "127.0.0.1:1000")
        #expect(entries.first?.reason.contains("wrong") == false)
    }

    @Test("why a token is refused is said and audited, with the token's name where it is certain")
    func refusal() async {
        let refusal = TokenRefusal(reason: "the token has expired", token: TokenName("jwt/ann"))
        gateway.update { $0.refusals["old"] = refusal }
        let answer = await router.call(.get, "/agents", headers: bearer("old"))
        #expect(answer.status == 401)
        #expect(answer.text.contains("the token has expired"))
        #expect(gateway.state.audit.map(\.token) == [refusal.token])
        #expect(gateway.state.audit.map(\.reason) == [refusal.reason])
    }

    @Test("the scheme is read without regard to case")
    func scheme() async {
        #expect(await router.call(.get, "/agents", headers: [.authorization: "bearer viewer"]).status == 200)
        #expect(await router.call(.get, "/agents", headers: [.authorization: "BEARER  viewer"]).status == 200)
    }

    @Test(
        "each route asks for its role",
        arguments: [
            (HTTPMethod.get, "/agents", "", Role.viewer), (.get, "/metrics", "", .viewer),
            (.get, "/metrics/agents", "", .viewer),
            (.post, "/sessions", "{}", .viewer), (.get, "/stream-types", "", .viewer),
            (.post, "/tasks/shell", #"{"agent_id":"a1","cmd":"true"}"#, .operator),
            (.delete, "/tasks/task_1", "", .operator),
            (.post, "/agents/a1/metrics/start", "{}", .operator), (.post, "/agents/a1/system/refresh", "{}", .operator),
            (.get, "/admin/streams", "", .admin),
            (.post, "/admin/streams/server", #"{"stream_type":"metrics","agent_id":"a1"}"#, .admin),
            (.delete, "/admin/streams/server/srv_1", "", .admin),
        ])
    func roles(method: HTTPMethod, path: String, body: String, needed: Role) async {
        for role in Role.allCases {
            let answer = await router.call(method, path, body.isEmpty ? nil : body, headers: bearer(role.rawValue))
            if role >= needed {
                #expect(200...299 ~= answer.status, "\(role) \(path)")
            } else {
                #expect(answer.status == 403)
                #expect(answer.code == "forbidden")
                #expect(gateway.state.audit.last?.token == TokenName("name-of-\(role.rawValue)"))
                #expect(gateway.state.audit.last?.outcome == .forbidden)
            }
        }
    }

    @Test(
        "these need no token",
        arguments: [
            "/", "/assets/console.js", "/assets/console.css", "/client/sluice.js", "/client/sluice.d.ts",
            "/favicon.ico", "/healthz", "/readyz",
        ])
    func open(path: String) async {
        #expect(await router.call(.get, path).status == 200)
    }

    @Test("the URL of a stream is the right to read it")
    func capabilities() async throws {
        for path in ["/streams/sub_1", "/sessions/ses_1/events"] {
            guard case .stream = await router.outcome(.get, path) else { throw Missing() }
        }
        #expect(await router.call(.get, "/subscriptions/sub_1").status == 401)
        #expect(gateway.state.audit.count == 1)
    }

    @Test("what an agent refuses is audited like the rest")
    func agentRefusals() async {
        gateway.update { $0.failure = ServiceError.notAllowedByAgent(FakeGateway.agent, .shell) }
        let body = #"{"agent_id":"a1","cmd":"true"}"#
        let answer = await router.call(.post, "/tasks/shell", body, headers: bearer("operator"))
        #expect(answer.status == 403)
        #expect(answer.code == "not_allowed_by_agent")
        #expect(gateway.state.audit.map(\.action) == ["POST /tasks/shell"])
        #expect(gateway.state.audit.first?.token == TokenName("name-of-operator"))
    }

    @Test("metrics are open where the operator says so")
    func publicMetrics() async {
        let router = Router(gateway, APIConfiguration(version: "1", isMetricsPublic: true))
        #expect(await router.call(.get, "/metrics").status == 200)
        #expect(await router.call(.get, "/metrics/agents").status == 401)
    }

    @Test("without tokens everybody is admin")
    func anonymous() async {
        let router = Router(FakeGateway())
        #expect(await router.call(.get, "/admin/streams").status == 200)
        #expect(await router.call(.get, "/admin/streams", headers: bearer("whatever")).status == 200)
    }
}

@Suite("Foreign web pages and a gateway without tokens")
struct BrowserGuardTests {
    private let body = #"{"agent_id":"a1","cmd":"true"}"#

    private func status(_ headers: [HeaderName: String], method: HTTPMethod = .post, cors: [String] = []) async -> Int {
        let router = Router(FakeGateway(), APIConfiguration(version: "1", corsOrigins: cors))
        let path = method == .post ? "/tasks/shell" : "/agents"
        return await router.call(method, path, method == .post ? body : nil, headers: headers).status
    }

    @Test(
        "a name that somebody else's name server could point here is not answered",
        arguments: ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "1.2.3"])
    func rebinding(host: String) async {
        #expect(await status([.host: host]) == 403)
        #expect(await status([.host: host], method: .get) == 403)
        let gateway = FakeGateway()
        _ = await Router(gateway).call(.get, "/agents", headers: [.host: host])
        #expect(gateway.state.audit.map(\.outcome) == [.forbidden])
    }

    @Test(
        "localhost, addresses and names without a dot are",
        arguments: [
            "localhost", "LOCALHOST:8080", "sluice.localhost:1", "127.0.0.1:8080", "10.0.0.1", "[::1]:8080",
            "sluice:80",
        ])
    func local(host: String) async {
        #expect(await status([.host: host]) == 201)
    }

    @Test("a page of another site cannot change anything")
    func foreign() async {
        let host = [HeaderName.host: "127.0.0.1:8080"]
        func with(_ headers: [HeaderName: String]) -> [HeaderName: String] { host.merging(headers) { $1 } }
        #expect(await status(with([.origin: "https://evil.example"])) == 403)
        #expect(await status(with([.origin: "null"])) == 403)
        #expect(await status(with([.secFetchSite: "cross-site"])) == 403)
        #expect(await status(with([.secFetchSite: "same-site"])) == 403)
        #expect(await status(with([.secFetchSite: "same-origin"])) == 201)
        #expect(await status(with([.secFetchSite: "none"])) == 201)
        #expect(await status(with([.origin: "http://127.0.0.1:8080"])) == 201)
        #expect(await status(with([.origin: "https://dash.example"]), cors: ["https://dash.example"]) == 201)
        #expect(await status(with([.origin: "https://evil.example"]), method: .get) == 200)
    }
}
