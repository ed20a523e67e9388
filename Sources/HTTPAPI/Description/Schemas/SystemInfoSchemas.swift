extension SchemaTable {
    /// What a host cannot give is null.
    static let systemInfo: [Row] = [
        (
            "SystemInfo",
            .object([
                .member("hardware", hardware.orNull),
                .member("software", software.orNull),
                .member("network_interfaces", .list(networkInterface)),
                .member("timestamp", .count.orNull, "Seconds since 1970"),
            ])
        )
    ]

    private static let hardware = Schema.object([
        .member(
            "cpu",
            .object([
                .member("model", .text.orNull),
                .member("cores", .count.orNull),
                .member("threads", .count.orNull),
                .member("base_frequency_ghz", .number.orNull),
                .member("max_frequency_ghz", .number.orNull),
                .member("features", .list(.text)),
            ]).orNull),
        .member(
            "memory",
            .object([
                .member("total_bytes", .count.orNull),
                .member("available_bytes", .count.orNull),
                .member("memory_type", .text.orNull),
                .member("speed_mhz", .count.orNull),
            ]).orNull),
        .member(
            "disks",
            .list(
                .object([
                    .member("device", .text.orNull),
                    .member("mount_point", .text.orNull),
                    .member("filesystem", .text.orNull),
                    .member("total_bytes", .count.orNull),
                    .member("available_bytes", .count.orNull),
                    .member("disk_type", .text.orNull, "ssd, hdd or virtual"),
                ]))),
        .member("architecture", .text.orNull),
        .member("core_count", .count.orNull),
        .member("thread_count", .count.orNull),
    ])

    private static let software = Schema.object([
        .member(
            "os",
            .object([
                .member("name", .text.orNull),
                .member("version", .text.orNull),
                .member("kernel_version", .text.orNull),
                .member("distribution", .text.orNull),
            ]).orNull),
        .member("hostname", .text.orNull),
        .member("uptime_seconds", .count.orNull),
        .member(
            "packages",
            .list(
                .object([
                    .member("name", .text.orNull),
                    .member("version", .text.orNull),
                    .member("package_manager", .text.orNull),
                ]))),
    ])

    private static let networkInterface = Schema.object([
        .member("name", .text.orNull),
        .member("mac_address", .text.orNull),
        .member("ip_addresses", .list(.text)),
        .member("speed_mbps", .count.orNull),
        .member("is_up", .boolean.orNull),
    ])
}
