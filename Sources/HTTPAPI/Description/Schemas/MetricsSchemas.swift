extension SchemaTable {
    /// What a host cannot give is null; a part that the filters leave out is absent.
    static let metrics: [Row] = [
        (
            "MetricsData",
            .object([
                .member("timestamp", .count.orNull, "Seconds since 1970"),
                .optional("cpu", cpu.orNull),
                .optional("memory", memory.orNull),
                .optional("disks", .list(disk)),
                .optional("network_interfaces", .list(networkInterface)),
                .optional("processes", processes.orNull),
                .optional("load", load.orNull),
            ])
        ),
        (
            "History",
            .object([
                .member("agent_id", .identifier),
                .member("resolution_seconds", .number, "Length of the stretch that a point stands for"),
                .member("query_start_timestamp", .unixTime),
                .member("query_end_timestamp", .unixTime),
                .member("total_points", .count),
                .member("truncated", .boolean, "The oldest of it is not kept in this resolution any more"),
                .member("data_points", .list(.reference("HistoryPoint"))),
            ])
        ),
        (
            "HistoryPoint",
            .object([
                .member("timestamp", .unixTime),
                .member("values", .map(.number), "Averages by key: cpu.usage_percent"),
                .member("min", .map(.number)),
                .member("max", .map(.number)),
            ])
        ),
    ]

    private static let cpu = Schema.object([
        .optional("usage_percent", .percent.orNull, "Of all cores together"),
        .optional("core_usage", .list(.number), "Percent, core 0 first"),
        .optional("user_percent", .percent.orNull),
        .optional("system_percent", .percent.orNull),
        .optional("idle_percent", .percent.orNull),
        .optional("iowait_percent", .percent.orNull),
        .optional("temperature_celsius", .number.orNull, "The hottest core or package"),
    ])

    private static let memory = Schema.object([
        .optional("total_bytes", .count.orNull),
        .optional("used_bytes", .count.orNull),
        .optional("available_bytes", .count.orNull),
        .optional("free_bytes", .count.orNull),
        .optional("cached_bytes", .count.orNull),
        .optional("buffers_bytes", .count.orNull),
        .optional("usage_percent", .percent.orNull),
        .optional("swap_total_bytes", .count.orNull, "0: no swap is set up"),
        .optional("swap_used_bytes", .count.orNull),
        .optional("swap_free_bytes", .count.orNull),
        .optional("swap_usage_percent", .percent.orNull),
    ])

    private static let disk = Schema.object([
        .optional("device", .text.orNull),
        .optional("mount_point", .text.orNull),
        .optional("filesystem", .text.orNull),
        .optional("total_bytes", .count.orNull),
        .optional("used_bytes", .count.orNull),
        .optional("available_bytes", .count.orNull, "To users other than root"),
        .optional("usage_percent", .percent.orNull, "Of used and available, as df has it"),
        .optional("read_bytes_per_sec", .count.orNull),
        .optional("write_bytes_per_sec", .count.orNull),
        .optional("read_ops_per_sec", .count.orNull),
        .optional("write_ops_per_sec", .count.orNull),
        .optional("io_util_percent", .percent.orNull, "Of the time, the device had work"),
    ])

    private static let networkInterface = Schema.object([
        .optional("interface", .text.orNull),
        .optional("bytes_sent_per_sec", .count.orNull),
        .optional("bytes_recv_per_sec", .count.orNull),
        .optional("packets_sent_per_sec", .count.orNull),
        .optional("packets_recv_per_sec", .count.orNull),
        .optional("errors_in", .count.orNull, "Since the interface came up"),
        .optional("errors_out", .count.orNull),
        .optional("drops_in", .count.orNull),
        .optional("drops_out", .count.orNull),
    ])

    private static let processes = Schema.object([
        .optional("total_processes", .count.orNull),
        .optional("running_processes", .count.orNull),
        .optional("sleeping_processes", .count.orNull),
        .optional("zombie_processes", .count.orNull),
        .optional("top", .list(process), "The busiest"),
        .optional("task_processes", .list(taskProcess), "What tasks run now"),
    ])

    private static let process = Schema.object([
        .member("pid", .count.orNull),
        .member("name", .text.orNull),
        .member("cpu_percent", .percent.orNull, "Of all cores together"),
        .member("memory_bytes", .count.orNull, "Resident"),
        .member("threads", .count.orNull),
    ])

    private static let taskProcess = Schema.object([
        .member("task_id", .text.orNull),
        .member("pid", .count.orNull, "Of the leader of the task's process group"),
        .member("cpu_percent", .percent.orNull, "Of all cores together"),
        .member("memory_bytes", .count.orNull, "Resident"),
        .member("virtual_memory_bytes", .count.orNull),
        .member("threads", .count.orNull),
        .member("read_bytes", .count.orNull, "From storage, since the start"),
        .member("write_bytes", .count.orNull),
    ])

    static let load = Schema.object([
        .optional("load1", .number.orNull),
        .optional("load5", .number.orNull),
        .optional("load15", .number.orNull),
    ])
}
