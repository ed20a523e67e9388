import JSON
import Model
import TestSupport

/// An alert of a rule on a host; the same number and rule mean the same alert.
func alert(
    _ number: Int = 1, rule: String = "high_cpu", _ state: AlertState = .firing, agent: AgentSelector? = nil
) -> Alert {
    var alert = Alert(
        id: AlertID("alr_\(rule)_\(number)"), rule: rule, agent: agent ?? .one(AgentID("web\(number)")),
        source: .metrics, level: .critical, state: state, metric: "cpu.usage_percent", value: 93.5, threshold: 90,
        message: "cpu.usage_percent is 93.5 on web\(number), above 90",
        startedAt: WallTime(millisecondsSince1970: 1_700_000_000_000), labels: ["team": "core"])
    if state == .resolved { alert.resolvedAt = WallTime(millisecondsSince1970: 1_700_000_060_000) }
    return alert
}

/// So many milliseconds after the beginning of a test's time.
func at(_ milliseconds: Int) -> Now {
    Now(
        monotonic: MonotonicTime(nanoseconds: UInt64(milliseconds) * 1_000_000),
        wall: WallTime(millisecondsSince1970: 1_700_000_000_000 + Int64(milliseconds)))
}

struct Failure: Error, CustomStringConvertible { let description: String }

extension HTTPReceiver.Request {
    var json: JSONValue? { try? JSONParser.parse(body) }
    var rule: String? { json?["groupLabels"]?["alertname"]?.string }
    var delivery: String? { headers["x-sluice-delivery"] }
}
