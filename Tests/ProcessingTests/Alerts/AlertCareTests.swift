import Model
import Processing
import Testing

@Suite struct AlertCareTests {
    private let silence = Silence(
        id: SilenceID("sil_1"), matchers: ["rule": "c*", "agent_id": "a"], until: at(100).wall, comment: "",
        createdBy: "op")

    @Test("three hosts with the same alert within five minutes are one alert about the fleet")
    func fleet() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        _ = engine.cpu(95, 0, "a")
        _ = engine.cpu(95, 100, "b")
        let third = engine.cpu(95, 200, "c")
        #expect(third.map(\.kind) == [.fired, .fired])
        #expect(third.last?.alert.agent == .every)
        #expect(third.last?.alert.message == "cpu on 3 hosts: a, b, c")
        #expect(engine.cpu(95, 210, "d").map(\.kind) == [.fired, .updated])
        _ = engine.cpu(10, 220, "a")
        let fewer = engine.cpu(10, 230, "b")
        #expect(fewer.map(\.kind) == [.resolved, .resolved])
        #expect(engine.active.map(\.agent) == [.one(AgentID("c")), .one(AgentID("d"))])
    }

    @Test("hosts whose alerts began far apart have nothing to do with each other")
    func noFleet() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        for (index, host) in ["a", "b", "c", "d"].enumerated() {
            #expect(engine.cpu(95, Double(index) * 200, host).count == 1)
        }
        #expect(!engine.active.contains { $0.agent == .every })
    }

    @Test("an acknowledged alert says by whom, and goes on")
    func acknowledge() throws {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        let id = try #require(engine.cpu(95, 0).first?.alert.id)
        #expect(engine.acknowledge(id, by: "op", at(1))?.alert.acknowledgedBy == "op")
        #expect(engine.cpu(96, 2).isEmpty)
        #expect(engine.active.first?.acknowledgedBy == "op")
        #expect(engine.acknowledge(AlertID("alr_none"), by: "op", at(1)) == nil)
    }

    @Test("a silenced alert is tracked and is no news; what still fires when the silence ends is")
    func silences() {
        let engine = Watch(rules: [.cpu(hold: 0)], silences: [silence], at(0))
        let fired = engine.cpu(95, 0, "a")
        #expect(fired.first?.alert.silence == silence.id)
        #expect(fired.first?.isNews == false)
        #expect(engine.cpu(95, 1, "b").first?.isNews == true)
        #expect(engine.tick(at(99)).isEmpty)
        let after = engine.tick(at(100))
        #expect(after.map(\.kind) == [.fired])
        #expect(after.first?.isNews == true)
        #expect(engine.activeSilences.isEmpty)
    }

    @Test("a silence that comes later quiets what fires already")
    func laterSilence() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        _ = engine.cpu(95, 0, "a")
        #expect(engine.add(silence, at(1)))
        #expect(engine.cpu(10, 2, "a").first?.isNews == false)
    }

    @Test("alerts outlive the gateway: they go on, and end where the value does")
    func restart() {
        let first = Watch(rules: [.cpu(hold: 0)], at(0))
        _ = first.cpu(95, 0)
        let second = Watch(rules: [.cpu(hold: 0)], active: first.active, at(10))
        #expect(second.active == first.active)
        #expect(second.cpu(96, 11).isEmpty)
        #expect(second.cpu(50, 12).map(\.kind) == [.resolved])
    }

    @Test("an alert whose rule went while the gateway was down ends at the first tick")
    func restartWithoutRule() {
        let first = Watch(rules: [.cpu(hold: 0)], at(0))
        _ = first.cpu(95, 0)
        let second = Watch(rules: [], active: first.active, at(10))
        #expect(second.tick(at(11)).map(\.kind) == [.resolved])
        #expect(second.active.isEmpty)
    }

    @Test("new rules take effect at once; alerts of rules that are gone or changed end, others go on")
    func replaceRules() {
        var other = AlertRule.cpu(hold: 0)
        other.name = "other"
        let engine = Watch(rules: [.cpu(hold: 0), other], at(0))
        _ = engine.cpu(95, 0)
        var relabelled = other
        relabelled.labels = ["team": "web"]
        let changes = engine.replaceRules([relabelled], at(1))
        #expect(changes.map(\.alert.rule) == ["cpu"])
        #expect(changes.map(\.kind) == [.resolved])
        #expect(engine.active.map(\.rule) == ["other"])
        relabelled.isEnabled = false
        #expect(engine.replaceRules([relabelled], at(2)).map(\.kind) == [.resolved])
        #expect(engine.cpu(99, 3).isEmpty)
        #expect(engine.rulesInForce == [relabelled])
    }

    @Test("the default rules are valid")
    func defaultsAreValid() throws { try AlertRuleCheck.validate(AlertRule.defaults) }

    @Test("what is wrong with a rule is said with its place", arguments: Spoiling.all)
    func validation(spoiling: Spoiling) {
        var rule = AlertRule.cpu()
        spoiling.spoil(&rule)
        let problem = #expect(throws: AlertRuleProblem.self) { try AlertRuleCheck.validate([.defaults[0], rule]) }
        #expect(problem?.field == "rules[1].\(spoiling.field)")
    }

    @Test("two rules of one name are refused")
    func doubleName() {
        #expect(throws: AlertRuleProblem.self) { try AlertRuleCheck.validate([.cpu(), .cpu()]) }
    }
}

/// A way to make a rule invalid, and the field that has to be blamed.
struct Spoiling: Sendable {
    var field: String
    var spoil: @Sendable (inout AlertRule) -> Void

    init(_ field: String, _ spoil: @escaping @Sendable (inout AlertRule) -> Void) {
        self.field = field
        self.spoil = spoil
    }

    static let all: [Spoiling] = [
        Spoiling("name") { $0.name = "a b" },
        Spoiling("for") { $0.hold = -1 },
        Spoiling("cooldown") { $0.cooldown = AlertRuleCheck.longest + 1 },
        Spoiling("metric") { $0.condition = .metric(MetricCondition("cpu.sped", .greater, 1)) },
        Spoiling("metric") { $0.source = .logs },
        Spoiling("threshold") { $0.condition = .metric(MetricCondition("load.load1", .greater, .nan)) },
        Spoiling("clear_threshold") {
            $0.condition = .metric(MetricCondition("load.load1", .greater, 1, clearThreshold: 2))
        },
        Spoiling("match") { $0.condition = .events(EventCondition(["level": "ERROR"])) },
        Spoiling("match") { ($0.source, $0.condition) = (.logs, .events(EventCondition([:]))) },
        Spoiling("op") {
            ($0.source, $0.condition) = (.logs, .events(EventCondition(["level": "ERROR"], .less, 3)))
        },
        Spoiling("threshold") {
            ($0.source, $0.condition) = (.logs, .events(EventCondition(["level": "x"], .greater, -1)))
        },
    ]
}
