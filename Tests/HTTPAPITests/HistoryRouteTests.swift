import HTTPAPI
import JSON
import Model
import Service
import Testing

@Suite("Metrics over time, and events")
struct HistoryRouteTests {
    let gateway = FakeGateway()
    var router: Router { Router(gateway) }

    private func query(_ query: String) async -> MetricsHistoryQuery? {
        let answer = await router.call(.get, "/agents/a1/metrics/history" + query)
        #expect(answer.status == 200, "\(answer.text)")
        return gateway.state.processing.history
    }

    @Test("the answer has what there are values of, of what was asked for")
    func history() async {
        let answer = await router.call(
            .get,
            "/agents/a1/metrics/history?start=1738138500&end=2025-01-29T08:16:00.5Z&metrics=cpu,memory.total_bytes"
        )
        #expect(answer.status == 200)
        #expect(
            answer.text == #"{"agent_id":"a1","resolution_seconds":10,"query_start_timestamp":1738138500,"#
                + #""query_end_timestamp":1738138560.5,"total_points":2,"truncated":true,"data_points":["#
                + #"{"timestamp":1738138530.007,"#
                + #""values":{"cpu.usage_percent":15,"cpu.temperature_celsius":45,"memory.total_bytes":16000000000},"#
                + #""min":{"cpu.usage_percent":10,"cpu.temperature_celsius":40,"memory.total_bytes":16000000000},"#
                + #""max":{"cpu.usage_percent":20,"cpu.temperature_celsius":50,"memory.total_bytes":16000000000}},"#
                + #"{"timestamp":1738138540.007,"#
                + #""values":{"cpu.usage_percent":15,"memory.total_bytes":16000000000},"#
                + #""min":{"cpu.usage_percent":10,"memory.total_bytes":16000000000},"#
                + #""max":{"cpu.usage_percent":20,"memory.total_bytes":16000000000}}]}"#)
        let load = await router.call(.get, "/agents/a1/metrics/history?metrics=load")
        #expect(load.json?["data_points"]?[0]?["values"] == .object(JSONObject()))
    }

    @Test("without anything it is the last hour, in at most 500 points, of everything")
    func defaults() async {
        let query = await query("")
        #expect(
            query
                == MetricsHistoryQuery(
                    agent: FakeGateway.agent, start: FakeGateway.time + -3_600_000, end: FakeGateway.time,
                    maxPoints: 500, metrics: nil))
    }

    @Test("an end alone is the end of an hour, a start alone the start of what is until now")
    func halves() async {
        #expect(await query("?end=7200.5")?.start == WallTime(millisecondsSince1970: 3_600_500))
        let sinceStart = await query("?start=7200.5&max_points=10000")
        #expect(sinceStart?.start == WallTime(millisecondsSince1970: 7_200_500))
        #expect(sinceStart?.end == FakeGateway.time)
        #expect(sinceStart?.maxPoints == 10_000)
    }

    @Test("metrics are keys or groups")
    func metrics() async {
        #expect(await query("?metrics=cpu.usage_percent")?.metrics == [.cpuUsage])
        #expect(await query("?metrics=load")?.metrics == [.load1, .load5, .load15])
        #expect(
            await query("?metrics=disks,cpu.idle_percent")?.metrics == [.diskUsage, .diskRead, .diskWrite, .cpuIdle])
        #expect(await query("?metrics=network_interfaces")?.metrics == [.networkSent, .networkReceived])
        #expect(await query("?metrics=cpu,memory,load,disk,network,processes")?.metrics == Set(MetricKey.all))
        #expect(await query("?metrics=")?.metrics == nil)
    }

    @Test(
        "each mistake is named",
        arguments: [
            ("start=yesterday", "start"), ("start=1h", "start"), ("start=-5", "start"), ("end=1738138530007", "end"),
            ("end=2025-02-30T00:00:00Z", "end"), ("start=100&end=100", "end"), ("start=101&end=100", "end"),
            ("start=1738138531", "start"), ("max_points=0", "max_points"), ("max_points=10001", "max_points"),
            ("max_points=1.5", "max_points"), ("max_points=-1", "max_points"), ("metrics=gpu", "metrics"),
            ("metrics=cpu.usage", "metrics"), ("metrics=cpu,", "metrics"), ("metrics=CPU", "metrics"),
            ("metrics=" + String(repeating: "cpu,", count: 64) + "cpu", "metrics"), ("page=1", "page"),
            ("interval=5s", "interval"),
        ])
    func badHistory(query: String, field: String) async {
        let answer = await router.call(.get, "/agents/a1/metrics/history?" + query)
        #expect(answer.status == 400, "\(query)")
        #expect(answer.code == "invalid_field")
        #expect(answer.field == field)
        #expect(gateway.state.processing.history == nil)
    }

    @Test("an unknown metric is in the message")
    func unknownMetric() async {
        let answer = await router.call(.get, "/agents/a1/metrics/history?metrics=cpu,gpu")
        #expect(answer.message.contains("\"gpu\""))
    }

    @Test("events of a host")
    func events() async {
        let answer = await router.call(
            .get,
            "/agents/a1/events?kind=oom_kill&severity=warning&since=1h&until=2025-01-29T08:15:00Z&page=1&per_page=5")
        #expect(
            answer.text == #"{"events":[{"timestamp":1738138530.007,"agent_id":"a1","kind":"oom_kill","#
                + #""severity":"critical","unit":"db.service","message":"postgres was killed","#
                + #""attributes":{"pid":"7"}}],"total":1,"page":1}"#)
        var query = SystemEventQuery(agent: FakeGateway.agent)
        query.kind = "oom_kill"
        query.minimumSeverity = .warning
        query.since = FakeGateway.time + -3_600_000
        query.until = WallTime(millisecondsSince1970: 1_738_138_500_000)
        #expect(gateway.state.processing.events == query)
        #expect(gateway.state.page == PageRequest(page: 1, perPage: 5))
        _ = await router.call(.get, "/agents/a1/events")
        #expect(gateway.state.processing.events == SystemEventQuery(agent: FakeGateway.agent))
    }

    @Test(
        "events: each mistake is named",
        arguments: [
            ("kind=a%20b", "kind"), ("severity=bad", "severity"), ("severity=WARNING", "severity"),
            ("since=1d", "since"), ("since=-1h", "since"), ("until=soon", "until"), ("since=1h&until=2h", "until"),
            ("level=warning", "level"),
        ])
    func badEvents(query: String, field: String) async {
        let answer = await router.call(.get, "/agents/a1/events?" + query)
        #expect(answer.status == 400)
        #expect(answer.field == field)
        #expect(gateway.state.processing.events == nil)
    }
}
