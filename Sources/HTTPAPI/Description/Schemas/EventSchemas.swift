import Model

/// The events of SSE streams: by the name in `event:`, what is in `data:`.
package enum StreamEvents {
    package typealias Row = (event: String, schema: String)

    static let data: [(event: String, type: String, component: String, payload: String)] = [
        ("metrics", "metrics_data", "MetricsEvent", "MetricsData"),
        ("shell_output", "task_output", "TaskOutputEvent", "TaskOutput"),
        ("docker_output", "task_output", "TaskOutputEvent", "TaskOutput"),
        ("container_logs", "container_log", "ContainerLogEvent", "ContainerLog"),
        ("processed_metrics", "processed_metrics", "ProcessedMetricsEvent", "ProcessedMetrics"),
        ("alert_events", "alert_events", "AlertEvent", "AlertCollection"),
        ("processed_logs", "processed_logs", "ProcessedLogEvent", "EnrichedLog"),
        ("deployment_status", "deployment_status", "DeploymentStatusEvent", "DeploymentStatus"),
        ("deployment_complete", "deployment_complete", "DeploymentCompletionEvent", "DeploymentCompletion"),
    ]

    /// Of `/streams/{id}` and `/sessions/{id}/events`.
    package static let all: [Row] =
        data.map { ($0.event, $0.component) } + [
            ("stream_status", "StreamStatus"), ("gap", "Gap"), ("stream_end", "StreamEnd"),
        ]
}

extension SchemaTable {
    /// What `data:` has around the payload.
    static let envelopes: [Row] =
        StreamEvents.data.reduce(into: []) { rows, event in
            guard !rows.contains(where: { $0.name == event.component }) else { return }
            rows.append((event.component, envelope(event.type, event.payload, StreamEvents.data(of: event.component))))
        } + [
            (
                "StreamEvent",
                Schema(.either(rowsOfEvents.map { .reference($0) })).about(
                    "data of any event that is not a control event")
            )
        ]

    private static let rowsOfEvents = StreamEvents.data.map(\.component).reduce(into: [String]()) { names, name in
        if !names.contains(name) { names.append(name) }
    }

    private static func envelope(_ type: String, _ payload: String, _ streamTypes: [String]) -> Schema {
        .object([
            .member("type", .choice([type])),
            .member("stream_type", .choice(streamTypes)),
            .member("agent_id", .either(.identifier, .choice(["*"]))),
            .member("resource", .text),
            .member("view", .text, "Which subscriptions it is for: those with this view"),
            .member("timestamp", .time),
            .member("data", .reference(payload)),
            .member("metadata", .reference("EventMetadata")),
        ])
    }

    /// Events about the stream. On a connection of its own, and in a session, they name their subscription.
    static let controlEvents: [Row] = [
        (
            "EventMetadata",
            .object([
                .optional("snapshot", .boolean, "The last known value, and not news"),
                .optional("alert_count", .count),
                .optional("processing_time_ms", .number),
            ])
        ),
        (
            "StreamStatus",
            .object([
                .member("state", .text, "waiting_for_agent, active, agent_lost, draining... or why the agent refuses"),
                .optional("subscription_id", .identifier),
                .optional("message", .text),
                .member("timestamp", .time),
            ])
        ),
        (
            "Gap",
            .object([
                .member("missed", .count.orNull, "How many events; null: nobody can say"),
                .optional("from", .count, "The first of them"),
                .optional("to", .count, "The last of them"),
                .member("subscription_id", .identifier),
            ])
        ),
        (
            "SelfTestEvent",
            .object([.member("n", .integer(1...10)), .member("sent_at", .time)])
        ),
        (
            "StreamEnd",
            .object([
                .member(
                    "reason", .text, "completed, unsubscribed, expired, token_expired, draining, stalled, replaced..."),
                .optional("exit_code", exitCode),
                .optional("subscription_id", .identifier),
            ])
        ),
    ]
}

extension StreamEvents {
    /// The stream types whose events have this envelope.
    static func data(of component: String) -> [String] {
        data.filter { $0.component == component }.map {
            $0.event == "deployment_complete" ? StreamType.deploymentStatus.rawValue : $0.event
        }
    }
}
