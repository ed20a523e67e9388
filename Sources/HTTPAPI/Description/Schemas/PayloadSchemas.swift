import Model

extension SchemaTable {
    /// `data` of events that are nothing else besides.
    static let payloads: [Row] = [
        (
            "TaskOutput",
            .object([
                .member("task_id", .identifier),
                .member("stream", .choice(["stdout", "stderr", "status"])),
                .member("line", .text),
                .member("seq", .count, "Lines of the task from 1"),
                .member("truncated", .boolean, "The line goes on in the next event"),
                .member("is_final", .boolean),
                .optional("exit_code", exitCode.orNull, "Where it is final; likewise status"),
                .optional("status", taskStatus),
            ])
        ),
        (
            "ContainerLog",
            .object([
                .member("container_id", .text.orNull),
                .member("container_name", .text.orNull),
                .member("stream", .choice(["stdout", "stderr"])),
                .member("line", .text),
                .member("seq", .count.orNull),
                .member("container_timestamp", .number.orNull, "Seconds since 1970"),
            ])
        ),
        (
            "ProcessedMetrics",
            .object([
                .member("raw", .reference("MetricsData")),
                .member("enriched", enriched),
                .member("alerts", .list(.reference("Alert"))),
                .member("recommendations", .list(recommendation)),
                .member("trends", .map(.reference("Trend"))),
            ])
        ),
        (
            "Trend",
            .object([
                .member("direction", .choice(["rising", "falling", "flat"])),
                .member("slope_per_hour", .number),
                .member("window_seconds", .number),
                .member("confidence", .number(0...1)),
            ])
        ),
        (
            "EnrichedLog",
            .object([
                .member("original", .reference("LogEvent")),
                .member(
                    "structured",
                    .object([
                        .member("format", .text, "json, logfmt, syslog_rfc5424..."),
                        .member("fields", .map(.anything)),
                        .member("template_id", .text),
                        .member("template", .text),
                    ])),
                .member("threats", .list(threat)),
                .member("severity", logSeverity),
                .member("category", .text, "security, error, performance..."),
                .member("actionable", .boolean),
            ])
        ),
    ]

    private static let enriched = Schema.object([
        .member(
            "baseline",
            .map(
                .object([
                    .member("expected", .number.orNull),
                    .member("low", .number.orNull),
                    .member("high", .number.orNull),
                ])), "What is usual, by metric"),
        .member(
            "anomalies",
            .list(
                .object([
                    .member("metric", .text),
                    .member("value", .number),
                    .member("expected", .number),
                    .member("score", .number),
                ]))),
        .member("trends", .map(.reference("Trend"))),
        .member(
            "predicted_issues",
            .list(
                .object([
                    .member("resource", .text),
                    .member("risk", .number(0...1)),
                    .member("eta_seconds", .number.orNull),
                    .member("confidence", .number(0...1)),
                    .member("message", .text),
                ]))),
        .member(
            "top_processes",
            .list(
                .object([
                    .member("pid", .count),
                    .member("name", .text),
                    .member("cpu_percent", .percent.orNull),
                    .member("memory_bytes", .count.orNull),
                ]))),
        .member("risk", risk),
    ])

    private static let recommendation = Schema.object([
        .member("id", .text),
        .member("severity", .choice(["info", "warning", "critical"])),
        .member("title", .text),
        .member("action", .text),
        .member("because", .text),
    ])

    private static let threat = Schema.object([
        .member("rule", .text),
        .member("title", .text),
        .member("severity", logSeverity),
        .member("evidence", .text),
        .optional("source_ip", .text),
    ])

    private static let logSeverity = Schema.choice(["low", "medium", "high", "critical"])
}
