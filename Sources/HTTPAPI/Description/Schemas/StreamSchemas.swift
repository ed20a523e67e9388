import JSON
import Model

extension SchemaTable {
    static let streams: [Row] = [
        (
            "StreamType",
            .object([
                .member("name", .choice(StreamType.self)),
                .member("category", .choice(StreamCategory.self)),
                .member("destination", .choice(StreamDestination.self)),
                .member("description", .text),
                .member("auto_start", .boolean),
                .member("auto_stop", .boolean),
                .member("resource_based", .boolean),
                .member("multi_instance", .boolean),
                .member("buffered", .boolean),
                .member("process_on_server", .boolean),
            ])
        ),
        ("StreamTypes", .object([.member("stream_types", .list(.reference("StreamType")))])),
        (
            "Stream",
            .object([
                .member("stream_id", .text),
                .member("stream_type", .choice(StreamType.self)),
                .member("agent_id", .identifier),
                .member("resource", .text),
                .member("generation", .count),
                .member("active_since", .time.orNull),
                .member("state", .text, "active, waiting_for_agent..."),
                .member("config", agentConfig, "What the agent was told"),
                .member("leases", .list(lease), "Why it runs"),
                .member("lease_count", .count, "Where not all leases are listed"),
                .member("events_in", .count),
                .member("events_out", .count),
                .member("events_per_second", .number, "In, over the last ten seconds"),
                .member("processor", .text.orNull),
            ])
        ),
        ("StreamList", list("streams", of: "Stream")),
        (
            "ServerStreamRequest",
            .request([
                .member("stream_type", .choice(StreamType.allCases.filter(\.isServerDemand).map(\.rawValue))),
                .member("agent_id", .identifier),
                .optional("config", .request(serverConfig)),
            ])
        ),
        (
            "ServerStream",
            .object([
                .member("stream_id", .identifier),
                .member("status", .choice(["active", "pending"])),
                .member("stream_type", .choice(StreamType.self)),
                .member("agent_id", .identifier),
                .member("config", agentConfig),
                .member("processor", .text.orNull),
                .member("started_at", .time.orNull),
            ])
        ),
        (
            "MetricsStartRequest",
            .request([
                .optional("interval_seconds", .number(0.1...3_600).usually(.integer(5))),
                .optional("metrics", ConfigField.filters.request),
            ])
        ),
        (
            "MetricsStreaming",
            .object([
                .member("message", .text),
                .member("agent_id", .identifier),
                .optional("stream_id", .identifier),
                .optional("interval_seconds", .number),
                .optional("metrics", .list(.text)),
            ])
        ),
    ]

    private static let serverConfig: [Schema.Property] = [
        .optional("interval", ConfigField.interval.request),
        .optional("filters", ConfigField.filters.request),
        .optional(ConfigField.filtersAlias, ConfigField.filters.request),
    ]

    private static let agentConfig = Schema.object(
        ConfigField.toldToAgents.map { .optional($0.rawValue, $0.answer, $0.summary) })

    private static let lease = Schema.object([
        .member("kind", .choice(LeaseKind.self)),
        .member("id", .text),
        .member("config", agentConfig),
    ])
}
