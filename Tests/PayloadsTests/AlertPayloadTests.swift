import JSON
import Model
import Payloads
import Testing

@Suite("Payloads of alerts")
struct AlertPayloadTests {
    @Test("a collection has every field of the contract, and null where nothing is known")
    func collection() {
        let alert = Alert(
            id: AlertID("alr_1"), rule: "high_cpu", agent: .one(AgentID("web1")), source: .metrics, level: .warning,
            state: .firing, metric: "cpu.usage_percent", value: 97.5, threshold: 90, message: "busy",
            startedAt: WallTime(millisecondsSince1970: 1_500),
            culprits: [AlertCulprit(pid: 7, name: "cc1", cpuPercent: 90, memoryBytes: nil)])
        let collection = AlertCollection(
            agent: .one(AgentID("web1")), alerts: [alert], time: WallTime(millisecondsSince1970: 2_500),
            source: .metrics)
        let text = String(decoding: JSONWriter.render { collection.write(to: &$0) }, as: UTF8.self)
        #expect(
            text == #"{"agent_id":"web1","alerts":[{"alert_id":"alr_1","rule":"high_cpu","agent_id":"web1","#
                + #""level":"warning","state":"firing","source":"metrics_analysis","metric":"cpu.usage_percent","#
                + #""value":97.5,"threshold":90,"message":"busy","started_at":"1970-01-01T00:00:01.500Z","#
                + #""updated_at":"1970-01-01T00:00:01.500Z","resolved_at":null,"acknowledged_by":null,"#
                + #""silence_id":null,"labels":{},"culprits":[{"pid":7,"name":"cc1","cpu_percent":90,"#
                + #""memory_bytes":null,"container":null}]}],"timestamp":2.5,"source":"metrics_analysis"}"#)
    }
}
