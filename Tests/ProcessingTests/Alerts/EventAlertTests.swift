import Model
import Processing
import Testing

@Suite struct EventAlertTests {
    private func watch(_ names: String...) -> Watch {
        Watch(rules: AlertRule.defaults.filter { names.contains($0.name) }, at(0))
    }

    @Test("a lost agent is an alert until it is back, however long that takes")
    func agentLost() {
        let engine = watch("agent_lost")
        let lost = engine.happen(["kind": "agent_lost"], from: .gatewayEvents, 0)
        #expect(lost.map(\.kind) == [.fired])
        #expect(lost.first?.alert.level == .critical)
        #expect(engine.tick(at(86_400)).isEmpty)
        #expect(engine.happen(["kind": "agent_connected"], "b", from: .gatewayEvents, 86_401).isEmpty)
        #expect(engine.happen(["kind": "agent_connected"], from: .gatewayEvents, 86_402).map(\.kind) == [.resolved])
    }

    @Test("error lines are an alert when there are more than fifty within a minute")
    func errorBurst() {
        let engine = watch("log_error_burst")
        for line in 0..<50 {
            #expect(engine.happen(["level": "ERROR"], from: .logs, Double(line)).isEmpty)
            #expect(engine.happen(["level": "INFO"], from: .logs, Double(line)).isEmpty)
        }
        #expect(engine.happen(["level": "FATAL"], from: .logs, 50).map(\.kind) == [.fired])
        #expect(engine.tick(at(109)).isEmpty)
        #expect(engine.tick(at(110)).map(\.kind) == [.resolved])
    }

    @Test("as many error lines over a longer time are none")
    func slowErrors() {
        let engine = watch("log_error_burst")
        for line in 0..<200 { #expect(engine.happen(["level": "ERROR"], from: .logs, Double(line) * 2).isEmpty) }
        #expect(engine.active.isEmpty)
    }

    @Test("an event without the field that the rule asks for does not match")
    func missingField() {
        let engine = watch("out_of_memory")
        #expect(engine.happen(["message": "oom_kill"], from: .systemEvents, 0).isEmpty)
        #expect(engine.happen(["kind": "oom_kill"], from: .gatewayEvents, 0).isEmpty)
        let fired = engine.happen(["kind": "oom_kill", "message": "postgres was killed"], from: .systemEvents, 0)
        #expect(fired.first?.alert.message == "a: postgres was killed")
    }

    @Test("a single event's alert ends a minute after the last such event")
    func singleEventEnds() {
        let engine = watch("out_of_memory")
        _ = engine.happen(["kind": "oom_kill"], from: .systemEvents, 0)
        _ = engine.happen(["kind": "oom_kill"], from: .systemEvents, 30)
        #expect(engine.tick(at(89)).isEmpty)
        #expect(engine.tick(at(90)).map(\.kind) == [.resolved])
        #expect(engine.tick(at(1_000)).isEmpty)
        #expect(engine.active.isEmpty)
    }

    @Test(
        "patterns",
        arguments: [
            ("oom_kill", "oom_kill", true), ("OOM_*", "oom_kill", true), ("*kill", "oom_kill", true), ("*", "", true),
            ("", "", true), ("", "x", false), ("a*b*c", "a-b-b-c", true), ("a*b*c", "a-b-b-d", false),
            ("ERROR|FATAL", "fatal", true), ("ERROR|FATAL", "WARN", false),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", false),
            ("caf*é", "CAFé é", true),
        ])
    func patterns(pattern: String, text: String, matches: Bool) {
        #expect(TextPattern(pattern).matches(text) == matches)
    }
}
