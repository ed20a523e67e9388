import Glibc
import HTTPAPI
import Testing

@Suite("the console and the client library")
struct AssetTests {
    let router = Router(FakeGateway())

    @Test("the console's files are whole, and nothing in them is inline or from elsewhere")
    func console() async {
        let page = await router.call(.get, "/")
        #expect(page.response.header("Content-Type") == "text/html; charset=utf-8")
        let policy = page.response.header("Content-Security-Policy") ?? ""
        #expect(
            policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("unsafe"))
        for inline in [" style=", " onclick", "<style", "http:", "https:", "javascript:"] {
            #expect(!page.text.contains(inline))
        }
        // Relative, so that they are found below any path.
        let paths = page.text.split(separator: "\"").filter { $0.hasPrefix("assets/") || $0.hasPrefix("favicon") }
        #expect(paths.count >= 3)
        for path in paths { #expect(await router.call(.get, "/\(path)").status == 200) }
    }

    @Test("the library is a module with types of the same names")
    func library() async throws {
        let module = await router.call(.get, "/client/sluice.js")
        #expect(module.response.header("Content-Type") == "text/javascript; charset=utf-8")
        let types = await router.call(.get, "/client/sluice.d.ts")
        #expect(types.response.header("Content-Type") == "text/plain; charset=utf-8")
        for name in ["StreamingClient", "MetricsClient", "MetricsFormatter", "StreamSubscription", "SluiceError"] {
            #expect(module.text.contains("class \(name) "))
            #expect(types.text.contains("declare class \(name) "))
        }
        #expect(!module.text.contains("import "))
    }

    @Test("Chart.js comes from this machine, as soon as it is there; until then the answer says what to install")
    func charts() async throws {
        let path = "/tmp/sluice-chart-\(getpid())-\(UInt64.random(in: 0 ... .max)).js"
        let router = Router(FakeGateway(), APIConfiguration(version: "1", chartLibraryPath: path))
        let missing = await router.call(.get, "/assets/chart.js")
        #expect(missing.status == 404 && missing.message.contains("apt install libjs-chart.js"))
        let file = try #require(fopen(path, "w"))
        defer { unlink(path) }
        fputs("/* charts */", file)
        fclose(file)
        let found = await router.call(.get, "/assets/chart.js")
        #expect(found.status == 200 && found.text == "/* charts */")
        #expect(found.response.header("Content-Type") == "text/javascript; charset=utf-8")
    }

    @Test("what is there instead of Chart.js is not served", arguments: ["/tmp", "/dev/zero", "/dev/null"])
    func noCharts(path: String) async {
        let router = Router(FakeGateway(), APIConfiguration(version: "1", chartLibraryPath: path))
        #expect(await router.call(.get, "/assets/chart.js").status == 404)
    }
}
