import Model
import Processing

/// A host's numbers, by name.
struct Sample: AlertSample {
    var values: [String: Double]
    func value(of metric: String) -> Double? { values[metric] }
    func culprits(of metric: String) -> [AlertCulprit] {
        [AlertCulprit(pid: 7, name: "busy", cpuPercent: 80, memoryBytes: 1 << 20)]
    }
}

struct Happening: AlertEvent {
    var fields: [String: String]
    func field(_ name: String) -> String? { fields[name] }
}

/// Seconds of a run: both clocks go together.
func at(_ seconds: Double) -> Now {
    Now(
        monotonic: MonotonicTime(nanoseconds: UInt64((seconds + 1_000) * 1_000_000_000)),
        wall: WallTime(millisecondsSince1970: 1_790_000_000_000 + Int64(seconds * 1_000)))
}

/// An engine behind a reference, so that a test can ask it inside an expectation.
final class Watch {
    private var engine: AlertEngine

    init(rules: [AlertRule], active: [Alert] = [], silences: [Silence] = [], _ now: Now) {
        engine = AlertEngine(rules: rules, active: active, silences: silences, now)
    }

    func cpu(
        _ percent: Double, _ seconds: Double, _ agent: String = "a", from source: AlertSource = .metrics
    ) -> [AlertChange] {
        observe(["cpu.usage_percent": percent], seconds, agent, from: source)
    }

    func observe(
        _ values: [String: Double], _ seconds: Double, _ agent: String = "a", from source: AlertSource = .metrics
    ) -> [AlertChange] {
        engine.observe(Sample(values: values), from: source, of: AgentID(agent), at(seconds))
    }

    func happen(
        _ fields: [String: String], _ agent: String = "a", from source: AlertSource, _ seconds: Double
    ) -> [AlertChange] {
        engine.observe(Happening(fields: fields), from: source, of: AgentID(agent), at(seconds))
    }

    func tick(_ now: Now) -> [AlertChange] { engine.tick(now) }
    func replaceRules(_ rules: [AlertRule], _ now: Now) -> [AlertChange] { engine.replaceRules(rules, now) }
    func add(_ silence: Silence, _ now: Now) -> Bool { engine.add(silence, now) }
    func acknowledge(_ id: AlertID, by person: String, _ now: Now) -> AlertChange? {
        engine.acknowledge(id, by: person, now)
    }
    var active: [Alert] { engine.active }
    var activeSilences: [Silence] { engine.activeSilences }
    var rulesInForce: [AlertRule] { engine.rulesInForce }
    var counters: AlertCounters { engine.counters }
}

extension AlertRule {
    static func cpu(
        hold: Milliseconds = 10_000, clear: Double? = 80, cooldown: Milliseconds = 60_000
    ) -> AlertRule {
        AlertRule(
            name: "cpu", source: .metrics,
            condition: .metric(MetricCondition("cpu.usage_percent", .greater, 90, clearThreshold: clear)),
            hold: hold, cooldown: cooldown)
    }
}
