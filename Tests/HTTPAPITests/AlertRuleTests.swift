import HTTPAPI
import JSON
import Model
import Service
import Testing

@Suite("Alert rules")
struct AlertRuleTests {
    let gateway = FakeGateway()
    var router: Router { Router(gateway) }

    private func put(_ rules: String...) async -> [AlertRule] {
        let answer = await router.call(
            .put, "/admin/alert-rules", #"{"rules":[\#(rules.joined(separator: ","))]}"#)
        #expect(answer.status == 200, "\(answer.text)")
        return gateway.state.processing.rules
    }

    @Test("a rule about a metric, with everything and with nothing that may be left out")
    func metricRules() async {
        let rules = await put(
            #"""
            {"name":"hot","source":"health_check","metric":"cpu.temperature_celsius","op":">=","threshold":80.5,"for":"10s",
             "clear_threshold":70,"cooldown":"10m","level":"critical","labels":{"team":"web"},"agents":["b","a"],
             "enabled":false}
            """#,
            #"{"name":"cpu","source":"metrics","metric":"cpu.usage_percent","threshold":90}"#)
        #expect(
            rules == [
                AlertRule(
                    name: "hot", source: .healthCheck,
                    condition: .metric(
                        MetricCondition("cpu.temperature_celsius", .greaterOrEqual, 80.5, clearThreshold: 70)),
                    hold: 10_000, cooldown: 600_000, level: .critical, labels: ["team": "web"],
                    agents: [AgentID("a"), AgentID("b")], isEnabled: false),
                AlertRule(
                    name: "cpu", source: .metrics,
                    condition: .metric(MetricCondition("cpu.usage_percent", .greater, 90)), hold: 0,
                    cooldown: 300_000, level: .warning),
            ])
    }

    @Test("a rule about events, with everything and with nothing that may be left out")
    func eventRules() async {
        let rules = await put(
            #"""
            {"name":"lost","source":"gateway_events","match":{"kind":"agent_lost"},"clear_match":{"kind":"agent_connected"},
             "op":">","threshold":2,"for":"5m","agents":"*"}
            """#,
            #"{"name":"oom","source":"system_events","match":"oom_kill"}"#)
        #expect(
            rules == [
                AlertRule(
                    name: "lost", source: .gatewayEvents,
                    condition: .events(
                        EventCondition(["kind": "agent_lost"], .greater, 2, clearMatch: ["kind": "agent_connected"])),
                    hold: 300_000),
                AlertRule(
                    name: "oom", source: .systemEvents, condition: .events(EventCondition(["kind": "oom_kill"])),
                    hold: 60_000),
            ])
    }

    @Test(
        "a match in one line",
        arguments: [
            ("system_events", "oom_kill", ["kind": "oom_kill"]),
            ("gateway_events", "agent_*|duplicate_agent", ["kind": "agent_*|duplicate_agent"]),
            ("system_events", "Out of memory", ["message": "*Out of memory*"]),
            ("logs", "panic", ["message": "*panic*"]), ("logs", "panic|disk full", ["message": "*panic*|*disk full*"]),
            ("logs", "level=ERROR|FATAL component=docker", ["level": "ERROR|FATAL", "component": "docker"]),
            ("logs", "message=*disk  full* level=WARN", ["message": "*disk full*", "level": "WARN"]),
            ("logs", "failed to start unit=web*", ["message": "*failed to start*", "unit": "web*"]),
            ("logs", "user=root logged in", ["message": "*user=root logged in*"]),
            ("system_events", "kind=unit_failed unit=nginx.service", ["kind": "unit_failed", "unit": "nginx.service"]),
            ("system_events", "severity=critical", ["severity": "critical"]),
        ])
    func matchText(source: String, text: String, fields: [String: String]) async {
        let rules = await put(#"{"name":"r","source":"\#(source)","match":"\#(text)"}"#)
        guard case .events(let condition)? = rules.first?.condition else { return #expect(Bool(false), "no events") }
        #expect(condition.match == fields)
    }

    @Test("what is in force can be sent back as it is")
    func roundTrip() async {
        let text =
            #"{"rules":[{"name":"hot","source":"metrics","metric":"load.load1","op":">","threshold":0.0001,"#
            + #""clear_threshold":null,"for":"10s","cooldown":"5m","level":"warning","labels":{"a":"1","b":"2"},"#
            + #""agents":["a1","b1"],"enabled":true},"#
            + #"{"name":"lost","source":"gateway_events","match":{"kind":"agent_lost"},"op":">=","threshold":1,"#
            + #""clear_match":{"kind":"agent_connected"},"for":"0s","cooldown":"90s","level":"critical","labels":{},"#
            + #""agents":"*","enabled":false}]}"#
        let answer = await router.call(.put, "/admin/alert-rules", text)
        #expect(answer.status == 200)
        #expect(answer.text == text)
        #expect(await router.call(.get, "/admin/alert-rules").text == text)
        #expect(await router.call(.put, "/admin/alert-rules", #"{"rules":[]}"#).text == #"{"rules":[]}"#)
    }

    @Test(
        "each mistake is named with the rule it is in",
        arguments: [
            (#"{}"#, "name"), (#"{"name":"a b"}"#, "name"), (#"{"name":5}"#, "name"), (#"{"name":"r"}"#, "source"),
            (#"{"name":"r","source":"metricz"}"#, "source"),
            (#"{"name":"r","source":"metrics_analysis"}"#, "source"),
            (#"{"name":"r","source":"metrics"}"#, "metric"), (#"{"name":"r","source":"health_check"}"#, "metric"),
            (#"{"name":"r","source":"logs"}"#, "match"), (#"{"name":"r","source":"gateway_events"}"#, "match"),
            (#"{"name":"r","source":"logs","metric":"cpu.usage_percent","match":"x"}"#, "match"),
            (#"{"name":"r","source":"metrics","metric":5}"#, "metric"),
            (#"{"name":"r","source":"metrics","metric":"cpu.usage_percent"}"#, "threshold"),
            (#"{"name":"r","source":"metrics","metric":"m","threshold":"90"}"#, "threshold"),
            (#"{"name":"r","source":"metrics","metric":"m","threshold":1,"op":"=>"}"#, "op"),
            (#"{"name":"r","source":"metrics","metric":"m","threshold":1,"clear_threshold":"0"}"#, "clear_threshold"),
            (#"{"name":"r","source":"metrics","metric":"m","threshold":1,"clear_match":"x"}"#, "clear_match"),
            (#"{"name":"r","source":"logs","match":"x","clear_threshold":0}"#, "clear_threshold"),
            (#"{"name":"r","source":"logs","match":""}"#, "match"),
            (#"{"name":"r","source":"logs","match":" "}"#, "match"),
            (#"{"name":"r","source":"logs","match":"level= component=x"}"#, "match"),
            (#"{"name":"r","source":"logs","match":"level=WARN level=ERROR"}"#, "match"),
            (#"{"name":"r","source":"logs","match":"x message=y"}"#, "match"),
            (#"{"name":"r","source":"logs","match":["x"]}"#, "match"),
            (#"{"name":"r","source":"logs","match":{"level":5}}"#, "match"),
            (#"{"name":"r","source":"logs","match":"\#(String(repeating: "x", count: 1_025))"}"#, "match"),
            (#"{"name":"r","source":"logs","match":"x","clear_match":7}"#, "clear_match"),
            (#"{"name":"r","source":"logs","match":"x","for":"-1s"}"#, "for"),
            (#"{"name":"r","source":"logs","match":"x","for":"soon"}"#, "for"),
            (#"{"name":"r","source":"logs","match":"x","cooldown":true}"#, "cooldown"),
            (#"{"name":"r","source":"logs","match":"x","level":"fatal"}"#, "level"),
            (#"{"name":"r","source":"logs","match":"x","labels":["a"]}"#, "labels"),
            (#"{"name":"r","source":"logs","match":"x","labels":{"a":1}}"#, "labels"),
            (#"{"name":"r","source":"logs","match":"x","agents":"a1"}"#, "agents"),
            (#"{"name":"r","source":"logs","match":"x","agents":[]}"#, "agents"),
            (#"{"name":"r","source":"logs","match":"x","agents":["a b"]}"#, "agents"),
            (#"{"name":"r","source":"logs","match":"x","agents":{}}"#, "agents"),
            (#"{"name":"r","source":"logs","match":"x","enabled":1}"#, "enabled"),
            (#"{"name":"r","source":"logs","match":"x","severity":"info"}"#, "severity"),
        ])
    func badRules(rule: String, field: String) async {
        let good = #"{"name":"g","source":"logs","match":"x"}"#
        let answer = await router.call(.put, "/admin/alert-rules", #"{"rules":[\#(good),\#(rule)]}"#)
        #expect(answer.status == 400, "\(rule)")
        #expect(answer.code == "invalid_field")
        #expect(answer.field == "rules[1].\(field)", "\(rule)")
        #expect(gateway.state.processing.rules.isEmpty)
    }

    @Test(
        "a set that is none is refused",
        arguments: [
            (#"{}"#, "rules"), (#"{"rules":{}}"#, "rules"), (#"{"rules":[5]}"#, "rules[0]"), (#"{"rule":[]}"#, "rule"),
            (#"{"rules":[\#(Array(repeating: "{}", count: 1_001).joined(separator: ","))]}"#, "rules"),
        ])
    func badSets(body: String, field: String) async {
        let answer = await router.call(.put, "/admin/alert-rules", body)
        #expect(answer.status == 400)
        #expect(answer.field == field)
    }

    @Test("what only the whole set shows is refused by whoever takes it, and named")
    func wholeSet() async {
        gateway.update {
            $0.failure = ServiceError.invalidField("rules[2].threshold", reason: "is not a finite number")
        }
        let answer = await router.call(.put, "/admin/alert-rules", #"{"rules":[]}"#)
        #expect(answer.status == 400)
        #expect(answer.field == "rules[2].threshold")
        #expect(answer.message == "rules[2].threshold is not a finite number")
    }
}
