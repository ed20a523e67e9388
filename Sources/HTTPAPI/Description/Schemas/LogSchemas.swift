import Model

extension SchemaTable {
    static let logs: [Row] = [
        (
            "LogEvent",
            .object([
                .member("timestamp", .time.orNull),
                .member("level", logLevel),
                .member("component", .text),
                .member("message", .text),
                .member("agent_id", .identifier),
                .member("source", .text, "The file, or journal"),
                .member("attributes", .map(.anything)),
            ])
        ),
        ("LogList", list("logs", of: "LogEvent")),
        (
            "LogPattern",
            .object([
                .member("template_id", .text),
                .member("template", .text, "Lines that differ only in numbers, names and the like"),
                .member("level", logLevel, "The most serious that a line of it had"),
                .member("total", .count),
                .member("recent", .count, "Within the window"),
                .member("first_seen", .time.orNull),
                .member("last_seen", .time.orNull),
                .member("examples", .list(.text)),
            ])
        ),
        ("LogPatternList", list("patterns", of: "LogPattern")),
        (
            "SystemEvent",
            .object([
                .member("timestamp", .unixTime),
                .member("agent_id", .identifier),
                .member("kind", .text, "unit_failed, oom_kill, reboot..."),
                .member("severity", .choice(SystemEventSeverity.self)),
                .member("unit", .text.orNull),
                .member("message", .text),
                .member("attributes", .map(.text)),
            ])
        ),
        ("EventList", list("events", of: "SystemEvent")),
    ]

    static let logLevel = Schema.choice(LogLevel.allCases.map(\.name))
}
