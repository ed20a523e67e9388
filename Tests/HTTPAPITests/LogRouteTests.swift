import HTTPAPI
import JSON
import Model
import Service
import Testing

@Suite("Logs")
struct LogRouteTests {
    let gateway = FakeGateway()
    var router: Router { Router(gateway) }

    private func search(_ query: String) async -> LogQuery? {
        let answer = await router.call(.get, "/logs/search" + query)
        #expect(answer.status == 200, "\(answer.text)")
        return gateway.state.processing.logs
    }

    @Test("a search with everything")
    func everything() async {
        let query = await search(
            "?agent_id=a1&level=error,Warn&min_level=info&component=docker&q=%22failed+to+start%22+cont*&since=1738138400"
                + "&until=1m&page=1&per_page=1000")
        var expected = LogQuery(agents: [FakeGateway.agent])
        expected.levels = [.warn, .error]
        expected.minimumLevel = .info
        expected.component = "docker"
        expected.text = "\"failed to start\" cont*"
        expected.since = WallTime(millisecondsSince1970: 1_738_138_400_000)
        expected.until = FakeGateway.time + -60_000
        #expect(query == expected)
        #expect(gateway.state.page == PageRequest(page: 1, perPage: 1_000))
    }

    @Test("without anything it is every line of every agent")
    func nothing() async {
        #expect(await search("") == LogQuery())
        #expect(await search("?agent_id=*") == LogQuery())
        #expect(await search("?agent_id=&level=&q=&since=") == LogQuery())
        #expect(gateway.state.page == PageRequest(page: 1, perPage: 100))
    }

    @Test(
        "since is how long ago, seconds since 1970 or RFC 3339",
        arguments: [
            ("1h", 1_738_134_930_007), ("90s", 1_738_138_440_007), ("500ms", 1_738_138_529_507),
            ("1738138500.5", 1_738_138_500_500), ("2025-01-29T09:15:00+01:00", 1_738_138_500_000),
            ("2025-01-29T09:15:00%2B01:00", 1_738_138_500_000),
        ])
    func since(text: String, milliseconds: Int64) async {
        #expect(await search("?since=" + text)?.since == WallTime(millisecondsSince1970: milliseconds))
    }

    @Test(
        "each mistake is named",
        arguments: [
            ("agent_id=a%20b", "agent_id"), ("level=LOUD", "level"), ("level=ERROR,", "level"),
            ("level=ERROR%20WARN", "level"), ("min_level=ERROR,WARN", "min_level"), ("min_level=5", "min_level"),
            ("component=" + String(repeating: "c", count: 257), "component"),
            ("q=" + String(repeating: "q", count: 1_025), "q"), ("since=1d", "since"), ("since=soon", "since"),
            ("until=-5", "until"), ("since=1h&until=1h", "until"), ("since=1m&until=1h", "until"),
            ("query=x", "query"), ("q=a&q=b", "q"),
        ])
    func bad(query: String, field: String) async {
        let answer = await router.call(.get, "/logs/search?" + query)
        #expect(answer.status == 400, "\(query)")
        #expect(answer.code == "invalid_field")
        #expect(answer.field == field)
        #expect(gateway.state.processing.logs == nil)
    }

    @Test("text that cannot be searched for is refused by whoever searches")
    func unsearchable() async {
        gateway.update { $0.failure = ServiceError.invalidField("q", reason: "has a quote that does not end") }
        let answer = await router.call(.get, "/logs/search?q=%22")
        #expect(answer.status == 400)
        #expect(answer.field == "q")
        #expect(answer.message == "q has a quote that does not end")
    }

    @Test("kinds of lines")
    func patterns() async {
        let answer = await router.call(.get, "/logs/patterns?agent_id=a1&min_level=warn&window=15m&limit=5")
        #expect(
            answer.text == #"{"patterns":[{"template_id":"t7","template":"Container <*> failed to start","#
                + #""level":"ERROR","total":90,"recent":12,"first_seen":"2025-01-29T08:15:30.007Z","#
                + #""last_seen":"2025-01-29T08:15:35.007Z","examples":["Container web failed to start"]}],"#
                + #""total":1,"page":1}"#)
        #expect(
            gateway.state.processing.patterns
                == LogPatternQuery(agent: FakeGateway.agent, minimumLevel: .warn, window: 900_000, limit: 5))
        _ = await router.call(.get, "/logs/patterns?agent_id=a1&window=90")
        #expect(gateway.state.processing.patterns == LogPatternQuery(agent: FakeGateway.agent, window: 90_000))
    }

    @Test(
        "kinds of lines: each mistake is named",
        arguments: [
            ("", "agent_id"), ("agent_id=", "agent_id"), ("agent_id=*", "agent_id"),
            ("agent_id=a1&min_level=x", "min_level"), ("agent_id=a1&window=0s", "window"),
            ("agent_id=a1&window=61m", "window"), ("agent_id=a1&window=53000000m", "window"),
            ("agent_id=a1&window=h", "window"), ("agent_id=a1&limit=0", "limit"), ("agent_id=a1&limit=1001", "limit"),
            ("agent_id=a1&page=1", "page"),
        ])
    func badPatterns(query: String, field: String) async {
        let answer = await router.call(.get, "/logs/patterns?" + query)
        #expect(answer.status == 400, "\(query)")
        #expect(answer.field == field)
        #expect(gateway.state.processing.patterns == nil)
    }
}
