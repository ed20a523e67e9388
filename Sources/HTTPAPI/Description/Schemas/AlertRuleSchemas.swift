import JSON
import Model

extension SchemaTable {
    static let alertRules: [Row] = [
        (
            "AlertRule",
            .request([
                .member("name", .identifier),
                .member("source", .choice(AlertSource.self)),
                .optional("metric", .line(upTo: 128), "Which metric; or match"),
                .optional("match", match, "Which events: patterns by field, or text; or metric"),
                .optional("clear_match", match, "Which events end it"),
                .optional("op", .choice(AlertComparison.self), "Usually > for a metric, >= for events"),
                .optional("threshold", .number, "Of the metric; of events, how many, usually 1"),
                .optional("for", anyDuration, "How long a metric has to hold; within which events count"),
                .optional("clear_threshold", .number, "Where it ends, of a metric"),
                .optional("cooldown", anyDuration.usually(.string("5m"))),
                .optional("level", .choice(AlertLevel.self).usually(.string("warning"))),
                .optional("labels", .map(.line(upTo: AlertRule.maximumLabelBytes), 0...AlertRule.maximumMembers)),
                .optional("agents", .either(.choice(["*"]), .list(.identifier, 1...AlertRule.maximumAgents))),
                .optional("enabled", .boolean.usually(.bool(true))),
            ])
        ),
        (
            "AlertRules",
            .request([.member("rules", .list(.reference("AlertRule"), 0...AlertRule.maximumMembers))])
        ),
    ]

    private static let anyDuration = Schema.duration(AlertRule.anyDuration)
    private static let match = Schema.either(
        .map(.line(upTo: AlertRule.maximumPatternBytes), 1...AlertRule.maximumFields),
        .label(upTo: MatchText.maximumBytes))
}
