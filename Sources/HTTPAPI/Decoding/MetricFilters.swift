import JSON
import Model

/// The names that `filters` may have: parts of a metrics payload (`cpu`), or one value of a part (`cpu.usage_percent`).
enum MetricFilters {
    private static let parts: [String: Set<String>] = [
        "cpu": [
            "usage_percent", "core_usage", "user_percent", "system_percent", "idle_percent", "iowait_percent",
            "temperature_celsius",
        ],
        "memory": [
            "total_bytes", "used_bytes", "available_bytes", "free_bytes", "cached_bytes", "buffers_bytes",
            "usage_percent", "swap_total_bytes", "swap_used_bytes", "swap_free_bytes", "swap_usage_percent",
        ],
        "disks": [
            "device", "mount_point", "filesystem", "total_bytes", "used_bytes", "available_bytes", "usage_percent",
            "read_bytes_per_sec", "write_bytes_per_sec", "read_ops_per_sec", "write_ops_per_sec", "io_util_percent",
        ],
        "network": [
            "interface", "bytes_sent_per_sec", "bytes_recv_per_sec", "packets_sent_per_sec", "packets_recv_per_sec",
            "errors_in", "errors_out", "drops_in", "drops_out",
        ],
        "processes": [
            "total_processes", "running_processes", "sleeping_processes", "zombie_processes", "top", "task_processes",
        ],
        "load": ["load1", "load5", "load15"],
    ]
    private static let partNames = ["cpu", "memory", "disks", "network", "processes", "load"]
    /// Every name that is taken, aliases included.
    static let names: [String] = (Array(parts.keys) + Array(aliases.keys)).sorted().flatMap { part in
        [part] + (parts[aliases[part] ?? part] ?? []).sorted().map { "\(part).\($0)" }
    }
    static let maximumCount = 64
    /// Other names that people use for a part.
    private static let aliases = ["disk": "disks", "network_interfaces": "network"]

    /// `filters` or `metrics`, whichever is there: sorted, each once, aliases resolved. Nil when neither is.
    static func read(from fields: FieldReader) throws(APIError) -> [String]? {
        let alias = ConfigField.filtersAlias
        let isAliased = fields.value("filters") == nil
        guard isAliased || fields.value(alias) == nil else {
            throw fields.excluded(alias, by: "filters")
        }
        return try read(isAliased ? alias : "filters", from: fields)
    }

    /// The list in the member of this name.
    static func read(_ name: String, from fields: FieldReader) throws(APIError) -> [String]? {
        guard let texts = try fields.texts(name, maximumCount: maximumCount) else { return nil }
        var filters: Set<String> = []
        for text in texts {
            guard let filter = canonical(text) else {
                let allowed = "a list of \(partNames.joined(separator: ", ")) or of values like cpu.usage_percent"
                throw fields.mismatch(name, allowed, .string(text))
            }
            filters.insert(filter)
        }
        return filters.sorted()
    }

    private static func canonical(_ text: String) -> String? {
        let names = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let part = aliases[names[0]] ?? names[0]
        guard let values = parts[part] else { return nil }
        if names.count == 1 { return part }
        return values.contains(names[1]) ? "\(part).\(names[1])" : nil
    }
}
