import HTTPAPI
import JSON
import Model
import Service
import Testing

@Suite("Requests")
struct DecodingTests {
    let gateway = FakeGateway()

    private func subscribe(_ body: String) async -> NewSubscription? {
        let answer = await Router(gateway).call(.post, "/subscriptions", body)
        #expect(answer.status == 201, "\(answer.text)")
        return gateway.state.subscriptionRequest
    }

    @Test("a subscription with everything")
    func everything() async {
        let request = await subscribe(
            #"""
            {"stream_type":"processed_logs","agent_id":"*","resource":null,"session_id":"ses_1","config":{
              "interval":"250ms","filters":["memory.usage_percent","cpu"],"buffer_size":10000,"snapshot":true,
              "include_trends":false,"alert_levels":["critical","WARNING"],"include_raw_output":false,
              "status_updates_only":true,"levels":["error","WARN"],"query":"disk","since":"1h","all":true,"tail":0,
              "wait_for_agent":true}}
            """#)
        var config = StreamConfig()
        config.interval = 250
        config.filters = ["cpu", "memory.usage_percent"]
        config.bufferSize = 10_000
        config.snapshot = true
        config.includeTrends = false
        config.alertLevels = ["warning", "critical"]
        config.includeRawOutput = false
        config.statusUpdatesOnly = true
        config.levels = ["WARN", "ERROR"]
        config.query = "disk"
        config.since = 3_600_000
        config.all = true
        config.tail = 0
        config.waitForAgent = true
        #expect(
            request
                == NewSubscription(type: .processedLogs, agent: .every, config: config, session: SessionID("ses_1"))
        )
    }

    @Test("what is left out, or null, is the default of the type")
    func defaults() async {
        for body in [
            #"{"stream_type":"metrics","agent_id":"a1"}"#, #"{"stream_type":"metrics","agent_id":"a1","config":null}"#,
        ] {
            let request = await subscribe(body)
            #expect(request?.config == .defaults(for: .metrics))
            #expect(request?.config.interval == 5_000)
            #expect(request?.config.snapshot == true)
            #expect(request?.session == nil)
        }
    }

    @Test("a task names its agent; a container may have slashes")
    func resources() async {
        let task = await subscribe(#"{"stream_type":"shell_output","resource":"task_1"}"#)
        #expect(task?.agent == nil)
        #expect(task?.resource == "task_1")
        let container = await subscribe(#"{"stream_type":"container_logs","agent_id":"a1","resource":"web/app.1"}"#)
        #expect(container?.resource == "web/app.1")
    }

    @Test(
        "durations are text with a unit or a number of seconds",
        arguments: [
            (#""500ms""#, 500), (#""5s""#, 5_000), (#""2m""#, 120_000), (#""1h""#, 3_600_000), (#""1.5s""#, 1_500),
            ("5", 5_000), ("0.1", 100), ("5.0", 5_000), (#""0.5m""#, 30_000),
        ])
    func durations(json: String, milliseconds: Milliseconds) async {
        let request = await subscribe(#"{"stream_type":"metrics","agent_id":"a1","config":{"interval":\#(json)}}"#)
        #expect(request?.config.interval == milliseconds)
    }

    @Test("durations are written with the largest unit that fits")
    func durationTexts() {
        for (duration, text) in [
            (0, "0s"), (500, "500ms"), (1_000, "1s"), (1_500, "1500ms"), (90_000, "90s"), (120_000, "2m"),
            (7_200_000, "2h"),
        ] {
            #expect(DurationText.text(duration) == text)
            #expect(DurationText.parse(text) == duration)
        }
    }
}

@Suite("Prometheus text")
struct MetricsTextTests {
    @Test("families have help and type, counters end in _total, label values are escaped")
    func format() {
        var text = MetricsText()
        text.counter(
            "sluice_events", "Events\nreceived \\ all",
            [.init(12, ["type": "a\"b\\c\nd", "x": ""]), .init(3, ["type": "é"])])
        text.gauge("sluice_lag_seconds", "Lag", [.init(0.25), .init(Double.infinity, ["q": "1"])])
        text.counter("sluice_none", "Left out", [])
        text.counter("sluice_big", "Big", UInt64.max)
        #expect(
            String(decoding: text.bytes, as: UTF8.self) == #"""
                # HELP sluice_events_total Events\nreceived \\ all
                # TYPE sluice_events_total counter
                sluice_events_total{type="a\"b\\c\nd",x=""} 12
                sluice_events_total{type="é"} 3
                # HELP sluice_lag_seconds Lag
                # TYPE sluice_lag_seconds gauge
                sluice_lag_seconds 0.25
                sluice_lag_seconds{q="1"} +Inf
                # HELP sluice_big_total Big
                # TYPE sluice_big_total counter
                sluice_big_total 1.8446744073709552e+19

                """#)
    }
}
