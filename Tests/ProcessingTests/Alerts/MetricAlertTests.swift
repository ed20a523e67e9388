import Model
import Processing
import Testing

@Suite struct MetricAlertTests {
    @Test("a value above the threshold fires after it has held for as long as the rule asks")
    func firesAfterHold() {
        let engine = Watch(rules: [.cpu()], at(0))
        #expect(engine.cpu(95, 0).isEmpty)
        #expect(engine.active.map(\.state) == [.pending])
        #expect(engine.cpu(96, 9.9).isEmpty)
        let changes = engine.cpu(97, 10)
        #expect(changes.map(\.kind) == [.fired])
        #expect(changes.first?.alert.value == 97)
        #expect(changes.first?.alert.startedAt == at(0).wall)
        #expect(changes.first?.alert.culprits.map(\.name) == ["busy"])
        #expect(changes.first?.isNews == true)
    }

    @Test("with samples that are further apart than the rule asks, the clock fires it")
    func firesByClock() {
        let engine = Watch(rules: [.cpu()], at(0))
        _ = engine.cpu(95, 0)
        #expect(engine.tick(at(9)).isEmpty)
        #expect(engine.tick(at(10)).map(\.kind) == [.fired])
        #expect(engine.tick(at(11)).isEmpty)
    }

    @Test("a spike that is shorter than the rule asks is nothing, and leaves nothing behind")
    func ignoresSpike() {
        let engine = Watch(rules: [.cpu()], at(0))
        _ = engine.cpu(99, 0)
        _ = engine.cpu(20, 5)
        #expect(engine.active.isEmpty)
        #expect(engine.tick(at(60)).isEmpty)
        #expect(engine.counters.fired == 0)
    }

    @Test("exactly the threshold is not above it")
    func strictComparison() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        #expect(engine.cpu(90, 0).isEmpty)
        #expect(engine.cpu(90.01, 1).map(\.kind) == [.fired])
    }

    @Test("it ends at the clear threshold, not between the two")
    func hysteresis() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        _ = engine.cpu(95, 0)
        #expect(engine.cpu(85, 1).isEmpty)
        #expect(engine.cpu(80, 2).map(\.kind) == [.resolved])
        #expect(engine.active.isEmpty)
    }

    @Test("after its end it does not begin again before the cooldown is over")
    func cooldown() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        _ = engine.cpu(95, 0)
        let ended = engine.cpu(10, 1)
        #expect(engine.cpu(95, 30).isEmpty)
        #expect(engine.active.map(\.state) == [.pending])
        let again = engine.tick(at(61))
        #expect(again.map(\.kind) == [.fired])
        #expect(again.first?.alert.id != ended.first?.alert.id)
    }

    @Test("each host has its own alert, and of the same rule only one")
    func deduplicates() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        #expect(engine.cpu(95, 0, "a").count == 1)
        #expect(engine.cpu(96, 0, "b").count == 1)
        for second in 1..<50 { #expect(engine.cpu(97, Double(second), "a").isEmpty) }
        #expect(engine.active.count == 2)
    }

    @Test("a new value of a firing alert is handed out for storing once a minute, and is no news")
    func updates() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        _ = engine.cpu(95, 0)
        #expect(engine.cpu(96, 59).isEmpty)
        let changes = engine.cpu(97, 60)
        #expect(changes.map(\.kind) == [.updated])
        #expect(changes.first?.isNews == false)
    }

    @Test("a rule about metrics also sees the health checks, one about health checks not the metrics")
    func sources() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        #expect(engine.cpu(95, 0, from: .healthCheck).map(\.kind) == [.fired])
        var rule = AlertRule.cpu(hold: 0)
        rule.source = .healthCheck
        let strict = Watch(rules: [rule], at(0))
        #expect(strict.cpu(95, 0, from: .metrics).isEmpty)
        #expect(strict.cpu(95, 1, from: .healthCheck).map(\.kind) == [.fired])
    }

    @Test("a host that the rule is not about, and a metric that the host does not give, are left alone")
    func scope() {
        var rule = AlertRule.cpu(hold: 0)
        rule.agents = [AgentID("b")]
        let engine = Watch(rules: [rule], at(0))
        #expect(engine.cpu(95, 0, "a").isEmpty)
        #expect(engine.cpu(95, 0, "b").count == 1)
        #expect(engine.observe([:], 1, "b").isEmpty)
        #expect(engine.active.count == 1)
    }

    @Test("an alert about a host that says nothing for 15 minutes ends, and says so")
    func noData() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        _ = engine.cpu(95, 0)
        #expect(engine.tick(at(899)).isEmpty)
        let changes = engine.tick(at(900))
        #expect(changes.map(\.kind) == [.resolved])
        #expect(changes.first?.alert.message.contains("no data") == true)
    }

    @Test(
        "all comparisons",
        arguments: [
            (AlertComparison.greater, 2.0, true), (.greater, 1, false), (.greaterOrEqual, 1, true), (.less, 0, true),
            (.less, 1, false), (.lessOrEqual, 1, true), (.equal, 1, true), (.equal, 2, false), (.notEqual, 2, true),
        ])
    func comparisons(comparison: AlertComparison, value: Double, holds: Bool) {
        #expect(comparison.holds(value, 1) == holds)
    }

    @Test("beyond the bound on what is held nothing new begins, and that is counted")
    func bound() {
        let engine = Watch(rules: [.cpu(hold: 0)], at(0))
        for host in 0..<AlertEngine.maximumInstances { _ = engine.cpu(95, 0, "h\(host)") }
        #expect(engine.cpu(95, 0, "one-more").isEmpty)
        #expect(engine.counters.refused == 1)
    }
}
