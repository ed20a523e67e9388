import Model
import Payloads
import Service

extension SchemaTable {
    static let alerts: [Row] = [
        (
            "Alert",
            .object([
                .member("alert_id", .identifier),
                .member("rule", .text),
                .member("agent_id", .either(.identifier, .choice(["*"])), "\"*\": the fleet"),
                .member("level", .choice(AlertLevel.self)),
                .member("state", .choice(AlertState.self)),
                .member("source", alertSource),
                .member("metric", .text.orNull),
                .member("value", .number.orNull),
                .member("threshold", .number.orNull),
                .member("message", .text),
                .member("started_at", .time.orNull),
                .member("updated_at", .time.orNull),
                .member("resolved_at", .time.orNull),
                .member("acknowledged_by", .text.orNull),
                .member("silence_id", .identifier.orNull),
                .member("labels", .map(.text)),
                .member("culprits", .list(culprit), "Processes that have to do with it"),
            ])
        ),
        ("AlertList", list("alerts", of: "Alert")),
        (
            "AlertCollection",
            .object([
                .member("agent_id", .either(.identifier, .choice(["*"]))),
                .member("alerts", .list(.reference("Alert"))),
                .member("timestamp", .unixTime),
                .member("source", alertSource),
            ])
        ),
        ("AcknowledgeRequest", .request([])),
        (
            "SilenceRequest",
            .request([
                .member(
                    "matchers", .map(.line(upTo: NewSilence.maximumPatternBytes), 1...NewSilence.maximumMatchers),
                    "rule, agent_id, level, or a label; patterns with *, all of which have to match; at least one"),
                .member("duration", .duration(NewSilence.durationRange)),
                .optional("comment", .line(upTo: NewSilence.maximumCommentBytes)),
            ])
        ),
        ("SilenceCreated", .object([.member("silence_id", .identifier), .member("until", .time.orNull)])),
        (
            "Silence",
            .object([
                .member("silence_id", .identifier),
                .member("matchers", .map(.text)),
                .member("until", .time.orNull),
                .member("comment", .text),
                .member("created_by", .text.orNull),
            ])
        ),
        ("SilenceList", list("silences", of: "Silence")),
    ]

    private static let alertSource = Schema.choice(AlertSource.allCases.map(\.payloadName))

    private static let culprit = Schema.object([
        .member("pid", .count),
        .member("name", .text),
        .member("cpu_percent", .percent.orNull),
        .member("memory_bytes", .count.orNull),
        .member("container", .text.orNull),
    ])
}
