import HTTPAPI
import JSON
import Model
import Service
import Testing

@Suite("Alerts and silences")
struct AlertRouteTests {
    let gateway = FakeGateway()
    var router: Router { Router(gateway) }

    static let alert =
        #"{"alert_id":"alr_1","rule":"high_cpu","agent_id":"a1","level":"warning","state":"firing","#
        + #""source":"metrics_analysis","metric":"cpu.usage_percent","value":97.5,"threshold":90,"#
        + #""message":"a1: CPU usage is 97.5 %","started_at":"2025-01-29T08:15:30.007Z","#
        + #""updated_at":"2025-01-29T08:15:30.007Z","resolved_at":null,"acknowledged_by":null,"silence_id":null,"#
        + #""labels":{"team":"web"},"culprits":[{"pid":7,"name":"busy","cpu_percent":80,"memory_bytes":1024,"#
        + #""container":null}]}"#

    @Test("those that fire, unless told otherwise")
    func alerts() async {
        let answer = await router.call(.get, "/alerts")
        #expect(answer.text == #"{"alerts":[\#(Self.alert)],"total":1,"page":1}"#)
        #expect(gateway.state.processing.alerts == AlertSelection(state: .firing))
        _ = await router.call(.get, "/alerts?state=all&agent_id=a1&rule=high_cpu&level=critical")
        #expect(
            gateway.state.processing.alerts
                == AlertSelection(state: .all, agent: FakeGateway.agent, rule: "high_cpu", level: .critical))
        _ = await router.call(.get, "/alerts?state=resolved")
        #expect(gateway.state.processing.alerts?.state == .resolved)
    }

    @Test(
        "each mistake is named",
        arguments: [
            ("state=pending", "state"), ("state=FIRING", "state"), ("agent_id=a%20b", "agent_id"),
            ("rule=a/b", "rule"), ("level=fatal", "level"), ("severity=critical", "severity"),
        ])
    func badFilters(query: String, field: String) async {
        let answer = await router.call(.get, "/alerts?" + query)
        #expect(answer.status == 400)
        #expect(answer.code == "invalid_field")
        #expect(answer.field == field)
        #expect(gateway.state.processing.alerts == nil)
    }

    @Test("taking an alert on needs no body, and answers with the alert")
    func acknowledge() async {
        let answer = await router.call(.post, "/alerts/alr_1/acknowledge")
        #expect(answer.status == 200)
        #expect(
            answer.text
                == Self.alert.replacing(#""acknowledged_by":null"#, with: #""acknowledged_by":"me""#))
        #expect(gateway.state.processing.acknowledged == FakeGateway.alert)
        #expect(await router.call(.post, "/alerts/alr_1/acknowledge", "{}").status == 200)
        #expect(await router.call(.post, "/alerts/alr_1/acknowledge", #"{"by":"me"}"#).field == "by")
        #expect(await router.call(.post, "/alerts/alr_9/acknowledge").code == "alert_not_found")
        #expect(await router.call(.post, "/alerts/a%20b/acknowledge").field == "alert_id")
        gateway.update { $0.failure = ServiceError.conflict(reason: "the alert is resolved") }
        #expect(await router.call(.post, "/alerts/alr_1/acknowledge").status == 409)
    }

    @Test("a silence")
    func silence() async {
        let body = #"{"matchers":{"rule":"high_*","agent_id":"a1"},"duration":"2h","comment":"being replaced"}"#
        let answer = await router.call(.post, "/alerts/silences", body)
        #expect(answer.status == 201)
        #expect(answer.text == #"{"silence_id":"sil_1","until":"2025-01-29T10:15:30.007Z"}"#)
        #expect(
            gateway.state.processing.silence
                == NewSilence(
                    matchers: ["rule": "high_*", "agent_id": "a1"], duration: 7_200_000, comment: "being replaced"))
        _ = await router.call(.post, "/alerts/silences", #"{"matchers":{"level":"info"},"duration":60}"#)
        #expect(
            gateway.state.processing.silence == NewSilence(matchers: ["level": "info"], duration: 60_000, comment: ""))
        let list = await router.call(.get, "/alerts/silences")
        #expect(
            list.text == #"{"silences":[{"silence_id":"sil_1","matchers":{"agent_id":"a1","rule":"high_*"},"#
                + #""until":"2025-01-29T08:16:30.007Z","comment":"being replaced","created_by":"me"}],"#
                + #""total":1,"page":1}"#)
        #expect(await router.call(.delete, "/alerts/silences/sil_1").status == 204)
        #expect(await router.call(.delete, "/alerts/silences/sil_9").code == "silence_not_found")
        #expect(await router.call(.delete, "/alerts/silences/a%20b").field == "silence_id")
    }

    @Test(
        "silences: each mistake is named",
        arguments: [
            (#"{"duration":"1h"}"#, "matchers"), (#"{"matchers":{},"duration":"1h"}"#, "matchers"),
            (#"{"matchers":[],"duration":"1h"}"#, "matchers"), (#"{"matchers":"x","duration":"1h"}"#, "matchers"),
            (#"{"matchers":{"rule":5},"duration":"1h"}"#, "matchers"),
            (#"{"matchers":{"":"x"},"duration":"1h"}"#, "matchers"),
            (#"{"matchers":{"rule":"a\u0000"},"duration":"1h"}"#, "matchers"),
            (#"{"matchers":{"rule":"\#(String(repeating: "x", count: 513))"},"duration":"1h"}"#, "matchers"),
            (
                #"{"matchers":{\#((0..<17).map { "\"l\($0)\":\"x\"" }.joined(separator: ","))},"duration":"1h"}"#,
                "matchers"
            ),
            (#"{"matchers":{"rule":"x"}}"#, "duration"), (#"{"matchers":{"rule":"x"},"duration":"0s"}"#, "duration"),
            (#"{"matchers":{"rule":"x"},"duration":"8761h"}"#, "duration"),
            (#"{"matchers":{"rule":"x"},"duration":"long"}"#, "duration"),
            (#"{"matchers":{"rule":"x"},"duration":"1h","comment":5}"#, "comment"),
            (
                #"{"matchers":{"rule":"x"},"duration":"1h","comment":"\#(String(repeating: "x", count: 1_025))"}"#,
                "comment"
            ),
            (#"{"matchers":{"rule":"x"},"duration":"1h","until":"x"}"#, "until"),
        ])
    func badSilences(body: String, field: String) async {
        let answer = await router.call(.post, "/alerts/silences", body)
        #expect(answer.status == 400, "\(body)")
        #expect(answer.code == "invalid_field")
        #expect(answer.field == field)
        #expect(gateway.state.processing.silence == nil)
    }
}
