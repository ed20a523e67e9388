extension SchemaTable {
    static let analytics: [Row] = [
        (
            "HealthAnalysis",
            .object([
                .member("agent_id", .identifier),
                .member("current_health", health),
                .member("last_check", .time.orNull),
                .member(
                    "metrics",
                    .object([
                        .member("cpu_usage", .percent.orNull),
                        .member("memory_usage", .percent.orNull),
                        .member("disk_usage", .percent.orNull, "Of the fullest file system"),
                    ])),
                .member("predictions", risk),
                .member("alerts", .list(.reference("Alert")), "Pending and firing ones"),
                .member("health_check", .reference("HealthCheck").orNull, "The last one"),
            ])
        ),
        (
            "FleetAnalysis",
            .object([
                .member("agents", .list(.reference("HealthAnalysis"))),
                .member("correlated_alerts", .list(.reference("Alert")), "About many hosts at once"),
                .member("total", .count),
            ])
        ),
        (
            "HealthCheck",
            .object([
                .member("timestamp", .unixTime),
                .member("cpu_usage", .percent.orNull),
                .member("memory_usage", .percent.orNull),
                .member("disk_usage", .percent.orNull, "Of the fullest file system"),
                .member("disk_mount_point", .text.orNull),
                .member("swap_usage", .percent.orNull),
                .member("load", load),
                .member("core_count", .count.orNull),
                .member("uptime_seconds", .count.orNull),
                .member(
                    "services",
                    .list(
                        .object([
                            .member("name", .text),
                            .member("state", .text),
                            .member("detail", .text),
                        ]))),
                .member("unhealthy_containers", .list(.text)),
                .member("failed_units", .list(.text)),
            ])
        ),
    ]

    static let risk = Schema.object([
        .member("risk", .number(0...1)),
        .member("risk_level", .choice(["low", "medium", "high"])),
        .member("estimated_capacity_remaining", .text.orNull, "72h; null: nothing is being used up"),
        .member("limiting_resource", .text.orNull, "memory, disk:/var..."),
    ])
}
