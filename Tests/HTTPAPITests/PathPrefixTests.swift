import HTTPAPI
import JSON
import Model
import Service
import Testing

@Suite("Below a path")
struct PathPrefixTests {
    let router = Router(
        FakeGateway(), APIConfiguration(version: "1.2.3", pathPrefix: PathPrefix("/tools/sluice")!))

    @Test("what a prefix may be", arguments: [("/", ""), ("/a", "/a"), ("/a/", "/a"), ("/a.b/c-d_~/", "/a.b/c-d_~")])
    func good(text: String, prefix: String) {
        #expect(PathPrefix(text)?.text == prefix)
    }

    @Test("what not", arguments: ["", "a", "//", "/a//b", "/a b", "/ä", "/../a", "/.", "/a?", "/a%20", "a/"])
    func bad(text: String) {
        #expect(PathPrefix(text) == nil)
    }

    @Test(
        "requests count with the prefix and without it, whatever the proxy does",
        arguments: ["/tools/sluice/agents", "/agents", "/tools/sluice/", "/", "/tools/sluice/assets/console.js"])
    func requests(path: String) async {
        #expect(await router.call(.get, path, isDescribed: false).status == 200)
    }

    @Test(
        "only the whole prefix is one, and once",
        arguments: ["/tools", "/tools/sluicer/agents", "/tools/sluice/tools/sluice/agents", "/tools/sluice//agents"])
    func others(path: String) async {
        #expect(await router.call(.get, path, isDescribed: false).status == 404)
    }

    @Test("the console without its last slash is at the one with it, where its links lead somewhere")
    func redirect() async {
        let answer = await router.call(.get, "/tools/sluice", isDescribed: false)
        #expect(answer.status == 308 && answer.response.header("Location") == "/tools/sluice/")
    }

    @Test("all that the gateway says of its own paths has the prefix")
    func answers() async throws {
        let body = #"{"stream_type":"metrics","agent_id":"a1"}"#
        let made = await router.call(.post, "/tools/sluice/subscriptions", body, isDescribed: false)
        let id = try #require(made.json?["subscription_id"]?.string)
        #expect(made.json?["stream_url"]?.string == "/tools/sluice/streams/\(id)")
        #expect(made.response.header("Location") == "/tools/sluice/subscriptions/\(id)")
        let session = await router.call(.post, "/tools/sluice/sessions", "{}", isDescribed: false)
        #expect(session.json?["events_url"]?.string?.hasPrefix("/tools/sluice/sessions/") == true)
        let old = await router.call(.post, "/tools/sluice/agents/a1/metrics/start", "{}", isDescribed: false)
        #expect(old.response.header("Link")?.hasPrefix("</tools/sluice/admin/streams/server>") == true)
        let description = await router.call(.get, "/tools/sluice/openapi.json", isDescribed: false)
        #expect(description.json?["servers"]?.array?.first?["url"]?.string == "/tools/sluice/")
        let out = await router.call(.post, "/tools/sluice/logout", isDescribed: false)
        #expect(out.response.header("Set-Cookie")?.contains("Path=/tools/sluice/;") == true)
    }
}
