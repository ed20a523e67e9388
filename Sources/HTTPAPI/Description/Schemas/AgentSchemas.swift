import JSON
import Service

extension SchemaTable {
    static let agents: [Row] = [
        (
            "Agent",
            .object([
                .member("agent_id", .identifier),
                .member("hostname", .text),
                .member("version", .text),
                .member("connected", .boolean),
                .member("connected_since", .time.orNull, "Null while it is away"),
                .member("last_seen", .time.orNull),
                .member("address", .text, "IP address and port of its connection, or of the last one"),
                .member("labels", .map(.text)),
                .member("capabilities", .list(.text), "What it can stream, and which tasks it allows"),
                .member("streams_active", .count),
                .member("tasks_running", .count),
                .member("health", health),
            ])
        ),
        ("AgentList", list("agents", of: "Agent")),
        (
            "MetricsAgents",
            .object([
                .member(
                    "agents",
                    .map(
                        .object([
                            .member("agent_id", .identifier),
                            .member("connected", .boolean),
                            .member("last_seen", .time.orNull),
                            .member("last_update", .time.orNull, "When its last metrics came"),
                            .member("streaming_active", .boolean),
                            .member("has_system_info", .boolean),
                            .member("has_metrics", .boolean),
                        ])))
            ])
        ),
        (
            "SystemRefreshRequest",
            .request([
                .optional("include_hardware", .boolean.usually(.bool(true))),
                .optional("include_software", .boolean.usually(.bool(true))),
                .optional("include_network", .boolean.usually(.bool(true))),
            ])
        ),
        ("SystemRefresh", .object([.member("task_id", .identifier), .member("status", taskStatus)])),
    ]

    static let health = Schema.choice(AgentHealth.self)
}
