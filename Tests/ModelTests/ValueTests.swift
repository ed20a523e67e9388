import Model
import Testing

@Suite("Values")
struct ValueTests {
    @Test(
        "names that may be in paths",
        arguments: [
            ("a", true), ("web-1.example:80@x_Y", true), (String(repeating: "a", count: 128), true), ("", false),
            (String(repeating: "a", count: 129), false), ("a b", false), ("a/b", false), ("ä", false), ("a\n", false),
        ])
    func identifiers(text: String, isValid: Bool) {
        #expect(IdentifierRules.isValid(text) == isValid)
    }

    @Test("only resources may have a slash")
    func slash() {
        #expect(IdentifierRules.isValid("group/web", allowingSlash: true))
        #expect(!IdentifierRules.isValid("group/web"))
    }

    @Test("a scope allows its ids or its labels; an empty one allows all")
    func scopes() {
        let agent = AgentID("a")
        #expect(AgentScope.all.allows(agent, labels: [:]))
        #expect(AgentScope(agents: ["a"]).allows(agent, labels: [:]))
        #expect(!AgentScope(agents: ["b"]).allows(agent, labels: ["env": "prod"]))
        #expect(AgentScope(labels: ["env": "prod"]).allows(agent, labels: ["env": "prod"]))
        #expect(!AgentScope(labels: ["env": "prod"]).allows(agent, labels: ["env": "test"]))
        #expect(AgentScope(agents: ["b"], labels: ["env": "prod"]).allows(agent, labels: ["env": "prod"]))
    }

    @Test("roles are ordered")
    func roles() {
        #expect(Role.viewer < .operator && Role.operator < .admin && !(Role.admin < .admin))
    }

    @Test("time does not run backwards: the length since something later is 0")
    func time() {
        let start = MonotonicTime(nanoseconds: 5_000_000)
        #expect((start + 20).milliseconds(since: start) == 20)
        #expect(start.milliseconds(since: start + 20) == 0)
        #expect(start + -1 == start)
    }

    @Test("a task that ends does not go on", arguments: TaskStatus.allCases)
    func taskStatus(status: TaskStatus) {
        #expect(status.isFinal == [.completed, .failed, .timeout, .cancelled].contains(status))
    }

    @Test(
        "defaults: a snapshot for metrics; 30 s for health checks, 1 s for logs, 5 s for the rest",
        arguments: StreamType.allCases)
    func defaults(type: StreamType) {
        let config = StreamConfig.defaults(for: type)
        #expect(config.snapshot == (type == .metrics || type == .processedMetrics))
        #expect(config.interval == ([.healthCheck: 30_000, .logAggregation: 1_000][type] ?? 5_000))
        #expect(StreamConfig.intervalRange.contains(config.interval))
    }
}
