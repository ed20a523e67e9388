import JSON
import Model
import Service

extension SchemaTable {
    static let subscriptions: [Row] = [
        ("StreamConfig", .request(configFields)),
        (
            "SubscriptionRequest",
            .request([
                .member("stream_type", clientType),
                .optional(
                    "agent_id", .either(.identifier, .choice(["*"])),
                    "Needed unless the resource names the agent; \"*\": every agent that the caller may see"),
                .optional("resource", .resource, "A task, a deployment or a container"),
                .optional("config", .reference("StreamConfig")),
                .optional("session_id", .identifier, "Deliver it on the connection of this session"),
            ])
        ),
        (
            "Subscription",
            .object([
                .member("subscription_id", .identifier),
                .member("stream_url", .text, "Where its events are; a secret"),
                .member("stream_type", clientType),
                .member("agent_id", .either(.identifier, .choice(["*"]))),
                .member("resource", .text),
                .member("config", config, "As applied: what this type uses"),
                .member("view", .text, "What its events carry as view"),
                .member("status", .choice(SubscriptionStatus.self)),
                .member("agent_connected", .boolean),
                .member("session_id", .identifier.orNull),
                .member("created_at", .time.orNull),
                .member("expires_at", .time.orNull, "Null while a connection is open"),
                .optional("delivered", .count),
                .optional("dropped", .count),
                .optional("conflated", .count, "Replaced by a newer one before they were sent"),
                .optional("queued", .count),
                .optional("lag", .number.orNull, "For how many seconds the client has taken nothing"),
            ])
        ),
        ("SubscriptionList", list("subscriptions", of: "Subscription")),
        ("SessionRequest", .request([])),
        (
            "Session",
            .object([
                .member("session_id", .identifier),
                .member("events_url", .text, "Where the events of its subscriptions are; a secret"),
                .member("expires_at", .time.orNull),
            ])
        ),
    ]

    static let clientType = Schema.choice(StreamType.allCases.filter(\.isClientStream).map(\.rawValue))

    /// What a stream type uses of its configuration, in an answer.
    private static let config = Schema.object(
        ConfigField.allCases.map { .optional($0.rawValue, $0.answer, $0.summary) })

    private static let configFields: [Schema.Property] =
        ConfigField.allCases.map { .optional($0.rawValue, $0.request, $0.summary) } + [
            .optional(ConfigField.filtersAlias, ConfigField.filters.request, "The older name of filters")
        ]
}

extension ConfigField {
    /// What a request may have.
    var request: Schema {
        switch self {
        case .interval: .duration(StreamConfig.intervalRange)
        case .filters: .list(.choice(MetricFilters.names), 0...MetricFilters.maximumCount)
        case .bufferSize: .integer(StreamConfig.bufferSizeRange).usually(.integer(100))
        case .alertLevels: .list(.choice(StreamConfig.alertLevelNames), 0...FieldReader.maximumChoices)
        case .levels: .list(.choice(StreamConfig.logLevelNames), 0...FieldReader.maximumChoices)
        case .query: .line(upTo: StreamConfig.maximumQueryBytes)
        case .since: .duration(StreamConfig.sinceRange)
        case .tail: .integer(StreamConfig.tailRange).usually(.integer(100))
        case .includeTrends, .includeRawOutput: .boolean.usually(.bool(true))
        case .statusUpdatesOnly, .all, .waitForAgent: .boolean.usually(.bool(false))
        case .snapshot: .boolean
        }
    }

    /// What an answer has.
    var answer: Schema {
        switch self {
        case .interval: .durationAnswer
        case .since: .durationAnswer.orNull
        case .query: .text.orNull
        case .filters: .list(.text)
        default: request
        }
    }

    var summary: String {
        switch self {
        case .interval: "How often: 100ms to 1h, with its unit (ms, s, m, h), or in seconds"
        case .filters: "Parts of the metrics (cpu), or values (cpu.usage_percent); empty: all"
        case .bufferSize: "Events kept for a client that is slow"
        case .snapshot: "The last known value first; usually true for metrics"
        case .includeTrends: "Of processed_metrics"
        case .alertLevels: "Only alerts of these levels; empty: all"
        case .includeRawOutput: "Of deployment_status: also what was printed"
        case .statusUpdatesOnly: "Of deployment_status: only changes of status, progress, services or health"
        case .levels: "Only lines of these levels; empty: all"
        case .query: "Only lines with these words in them"
        case .since: "First what is stored from so long ago"
        case .all: "Every line, not only those that matter"
        case .tail: "So many lines of a container's past"
        case .waitForAgent: "The agent need not be known yet"
        }
    }
}
