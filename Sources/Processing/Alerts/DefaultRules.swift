package import Model

extension AlertRule {
    /// In force until somebody sets others.
    package static let defaults: [AlertRule] = [
        AlertRule(
            name: "high_cpu", source: .metrics,
            condition: .metric(MetricCondition("cpu.usage_percent", .greater, 90, clearThreshold: 80)), hold: 10_000),
        AlertRule(
            name: "high_memory", source: .metrics,
            condition: .metric(MetricCondition("memory.usage_percent", .greater, 95, clearThreshold: 90)),
            hold: 10_000, level: .critical),
        AlertRule(
            name: "disk_full", source: .metrics,
            condition: .metric(MetricCondition("disk.usage_percent", .greater, 95, clearThreshold: 92)),
            hold: 10_000, level: .critical),
        AlertRule(
            name: "resource_exhaustion", source: .metrics,
            condition: .metric(MetricCondition("prediction.risk", .greater, 0.8, clearThreshold: 0.6)),
            hold: 10_000),
        AlertRule(
            name: "agent_lost", source: .gatewayEvents,
            condition: .events(
                EventCondition(["kind": "agent_lost"], clearMatch: ["kind": "agent_connected"])),
            cooldown: 60_000, level: .critical),
        AlertRule(
            name: "duplicate_agent", source: .gatewayEvents,
            condition: .events(EventCondition(["kind": "duplicate_agent"]))),
        AlertRule(
            name: "log_error_burst", source: .logs,
            condition: .events(EventCondition(["level": "ERROR|FATAL"], .greater, 50)), hold: 60_000),
        // Those that say that somebody got in; the many that were only tried are in `processed_logs`.
        AlertRule(
            name: "likely_intrusion", source: .logs,
            condition: .events(
                EventCondition(["threat": "ssh_login_after_failures|reverse_shell|log_cleared"])), level: .critical),
        AlertRule(
            name: "out_of_memory", source: .systemEvents,
            condition: .events(EventCondition(["kind": "oom_kill"])), level: .critical),
        AlertRule(
            name: "unit_failed", source: .systemEvents,
            condition: .events(EventCondition(["kind": "unit_failed"]))),
    ]
}
