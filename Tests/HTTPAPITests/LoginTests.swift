import HTTPAPI
import Model
import Service
import Testing

@Suite("Logging in with a cookie")
struct LoginTests {
    let gateway = FakeGateway {
        for role in Role.allCases {
            $0.tokens[role.rawValue] = Principal(
                token: TokenName("name-of-\(role.rawValue)"), role: role, scope: .all, expires: nil)
        }
    }
    var router: Router { Router(gateway) }
    private let task = #"{"agent_id":"a1","cmd":"true"}"#

    private func cookie(_ value: String, _ others: [HeaderName: String] = [:]) -> [HeaderName: String] {
        [.cookie: "a=b; sluice_token=\(value); c=d", .host: "gateway:8080"].merging(others) { $1 }
    }

    @Test("a good token becomes a cookie that no script can read and no other site can use")
    func login() async throws {
        let answer = await router.call(.post, "/login", #"{"token":"viewer"}"#)
        #expect(answer.status == 204)
        #expect(
            answer.response.header("Set-Cookie") == "sluice_token=viewer; Path=/; HttpOnly; SameSite=Strict")
        let secure = await router.call(
            .post, "/login", #"{"token":"viewer"}"#,
            headers: [.host: "gateway.example", .origin: "https://gateway.example"])
        #expect(secure.response.header("Set-Cookie")?.hasSuffix("; Secure") == true)
    }

    @Test("the cookie of a token that expires is kept no longer than the token")
    func expiry() async throws {
        gateway.update {
            $0.tokens["short"] = Principal(
                token: TokenName("short"), role: .viewer, scope: .all, expires: FakeGateway.time + 3_600_000)
        }
        let answer = await router.call(.post, "/login", #"{"token":"short"}"#)
        #expect(answer.response.header("Set-Cookie")?.hasSuffix("; Max-Age=3600") == true)
    }

    @Test(
        "a token that is none is refused and audited",
        arguments: ["wrong", "a b", "a;b", String(repeating: "x", count: 4_000)])
    func refused(token: String) async {
        let answer = await router.call(.post, "/login", "{\"token\":\"\(token)\"}")
        #expect(answer.status == 401 && answer.code == "unauthorized")
        #expect(answer.response.header("Set-Cookie") == nil)
        #expect(gateway.state.audit.map(\.action) == ["POST /login"])
        #expect(gateway.state.audit.first?.reason.contains(token) == false)
    }

    @Test("what is no login says what is missing", arguments: ["{}", #"{"token":7}"#, #"{"token":"a","x":1}"#, "[]"])
    func malformed(body: String) async {
        #expect(await router.call(.post, "/login", body).status == 400)
    }

    @Test("where no token was ever made, there is nothing to log in to, and nothing is set")
    func withoutTokens() async {
        let answer = await Router(FakeGateway()).call(.post, "/login", #"{"token":"x"}"#)
        #expect(answer.status == 204 && answer.response.header("Set-Cookie") == nil)
    }

    @Test("with the cookie one may look, and change what the role allows from the gateway's own pages only")
    func byCookie() async {
        #expect(await router.call(.get, "/agents", headers: cookie("viewer")).status == 200)
        #expect(await router.call(.get, "/agents", headers: cookie("nobody")).status == 401)
        let own: [[HeaderName: String]] = [
            [.origin: "http://gateway:8080"], [.origin: "https://gateway:8080"], [.secFetchSite: "same-origin"],
            // Behind a proxy that calls the gateway by another name.
            [.origin: "https://public.example", .secFetchSite: "same-origin"],
        ]
        for headers in own {
            #expect(await router.call(.post, "/tasks/shell", task, headers: cookie("operator", headers)).status == 201)
            #expect(await router.call(.post, "/tasks/shell", task, headers: cookie("viewer", headers)).status == 403)
        }
        let foreign: [[HeaderName: String]] = [
            [:], [.origin: "http://elsewhere"], [.origin: "null"], [.secFetchSite: "cross-site"],
            [.secFetchSite: "same-site"], [.origin: "http://gateway:8080", .secFetchSite: "same-site"],
        ]
        for headers in foreign {
            let answer = await router.call(.post, "/tasks/shell", task, headers: cookie("operator", headers))
            #expect(answer.status == 403 && answer.code == "forbidden", "\(headers)")
        }
        #expect(gateway.state.audit.last?.token == TokenName("name-of-operator"))
    }

    @Test("a token in Authorization counts before the cookie")
    func precedence() async {
        let headers = cookie("admin", [.authorization: "Bearer viewer"])
        #expect(await router.call(.get, "/admin/streams", headers: headers).status == 403)
        let wrong = cookie("admin", [.authorization: "Bearer wrong"])
        #expect(await router.call(.get, "/admin/streams", headers: wrong).status == 401)
    }

    @Test("the streams of before subscriptions open by cookie: EventSource sends no header")
    func legacyStream() async {
        guard case .stream = await router.outcome(.get, "/agents/a1/metrics/stream", headers: cookie("viewer")) else {
            Issue.record("no stream")
            return
        }
    }

    @Test("logging out takes the cookie back, whatever it was worth")
    func logout() async {
        for headers in [[:], cookie("viewer"), cookie("nobody", [.origin: "http://gateway:8080"])] {
            let answer = await router.call(.post, "/logout", headers: headers)
            #expect(answer.status == 204)
            #expect(
                answer.response.header("Set-Cookie")
                    == "sluice_token=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
        }
    }

    @Test("pages of others can neither log in nor out", arguments: ["/login", "/logout"])
    func foreignPages(path: String) async {
        let headers: [HeaderName: String] = [.host: "gateway:8080", .origin: "http://elsewhere"]
        let body = path == "/login" ? #"{"token":"viewer"}"# : nil
        let answer = await router.call(.post, path, body, headers: headers)
        #expect(answer.status == 403 && answer.response.header("Set-Cookie") == nil)
    }
}
