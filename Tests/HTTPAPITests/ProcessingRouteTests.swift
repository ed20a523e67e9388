import HTTPAPI
import JSON
import Model
import Service
import Testing

/// What all routes about processing have in common.
@Suite("Routes about what is stored and made of it")
struct ProcessingRouteTests {
    let gateway = FakeGateway {
        for role in Role.allCases {
            $0.tokens[role.rawValue] = Principal(
                token: TokenName(role.rawValue), role: role, scope: .all, expires: nil)
        }
    }

    @Test(
        "each asks for its role, and for a token",
        arguments: [
            (HTTPMethod.get, "/agents/a1/metrics/history", "", Role.viewer), (.get, "/agents/a1/events", "", .viewer),
            (.get, "/logs/search", "", .viewer), (.get, "/logs/patterns?agent_id=a1", "", .viewer),
            (.get, "/analytics/agents/a1/health", "", .viewer), (.get, "/analytics/fleet", "", .viewer),
            (.get, "/alerts", "", .viewer), (.post, "/alerts/alr_1/acknowledge", "{}", .operator),
            (.get, "/alerts/silences", "", .viewer),
            (.post, "/alerts/silences", #"{"matchers":{"rule":"x"},"duration":"1h"}"#, .operator),
            (.delete, "/alerts/silences/sil_1", "", .operator), (.get, "/admin/alert-rules", "", .admin),
            (.put, "/admin/alert-rules", #"{"rules":[]}"#, .admin),
            (.post, "/tasks/deployment", #"{"agent_id":"a1","name":"w","cmd":"x"}"#, .operator),
            (.get, "/deployments", "", .viewer), (.get, "/deployments/dep_1", "", .viewer),
        ])
    func roles(method: HTTPMethod, path: String, body: String, needed: Role) async {
        let body = body.isEmpty ? nil : body
        #expect(await Router(gateway).call(method, path, body).status == 401)
        for role in Role.allCases {
            let answer = await Router(gateway).call(
                method, path, body, headers: [.authorization: "Bearer \(role.rawValue)"])
            #expect(role >= needed ? 200...299 ~= answer.status : answer.status == 403, "\(role) \(path)")
        }
    }

    @Test(
        "each takes its methods, HEAD where it is read, and no other",
        arguments: [
            ("/agents/a1/metrics/history", "GET, HEAD, OPTIONS"), ("/agents/a1/events", "GET, HEAD, OPTIONS"),
            ("/logs/search", "GET, HEAD, OPTIONS"), ("/logs/patterns?agent_id=a1", "GET, HEAD, OPTIONS"),
            ("/analytics/agents/a1/health", "GET, HEAD, OPTIONS"), ("/analytics/fleet", "GET, HEAD, OPTIONS"),
            ("/alerts", "GET, HEAD, OPTIONS"), ("/alerts/alr_1/acknowledge", "OPTIONS, POST"),
            ("/alerts/silences", "GET, HEAD, OPTIONS, POST"), ("/alerts/silences/sil_1", "DELETE, OPTIONS"),
            ("/admin/alert-rules", "GET, HEAD, OPTIONS, PUT"), ("/deployments", "GET, HEAD, OPTIONS"),
            ("/deployments/dep_1", "GET, HEAD, OPTIONS"),
        ])
    func methods(path: String, allow: String) async {
        let router = Router(FakeGateway())
        let answer = await router.call(.patch, path, "{}")
        #expect(answer.status == 405)
        #expect(answer.code == "method_not_allowed")
        #expect(answer.response.header("Allow") == allow)
        #expect(await router.call(.options, path).response.header("Allow") == allow)
        #expect(await router.call(.head, path).status == (allow.contains("HEAD") ? 200 : 405))
    }

    @Test("lists have pages, whose limits are those of all lists")
    func pages() async {
        let router = Router(FakeGateway())
        for (path, plural) in [
            ("/agents/a1/events", "events"), ("/logs/search", "logs"), ("/alerts", "alerts"),
            ("/alerts/silences", "silences"), ("/deployments", "deployments"),
        ] {
            let first = await router.call(.get, path).json
            #expect(first?.object?.members.map(\.name) == [plural, "total", "page"])
            #expect(first?[plural]?.array?.count == 1)
            let second = await router.call(.get, path + "?page=2&per_page=1000").json
            #expect(second?[plural]?.array?.isEmpty == true)
            #expect(second?["total"] == .integer(1))
            #expect(second?["page"] == .integer(2))
            for query in ["page=0", "page=x", "per_page=0", "per_page=1001", "page=1&page=2", "pages=1"] {
                let refused = await router.call(.get, "\(path)?\(query)")
                #expect(refused.status == 400, "\(path)?\(query)")
                #expect(refused.code == "invalid_field")
            }
        }
    }

    @Test("an agent that does not exist for the caller is 404, and a store that is out of order 503")
    func failures() async {
        let router = Router(gateway)
        let viewer = [HeaderName.authorization: "Bearer viewer"]
        for path in [
            "/agents/a2/metrics/history", "/agents/a2/events", "/logs/search?agent_id=a2",
            "/logs/patterns?agent_id=a2", "/analytics/agents/a2/health",
        ] {
            #expect(await router.call(.get, path, headers: viewer).code == "agent_not_found", "\(path)")
        }
        gateway.update { $0.failure = ServiceError.storeUnavailable(reason: "disk full") }
        let answer = await router.call(.get, "/logs/search", headers: viewer)
        #expect(answer.status == 503)
        #expect(answer.code == "store_unavailable")
        #expect(answer.response.header("Retry-After") == "5")
    }
}
