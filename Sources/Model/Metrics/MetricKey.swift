/// The metrics that are kept, rolled up and analysed over time. The raw value is the index in `MetricValues`; it is
/// never stored, the name is.
package enum MetricKey: Int, CaseIterable, Sendable {
    case cpuUsage, cpuUser, cpuSystem, cpuIdle, cpuIOWait, cpuTemperature
    case memoryUsage, memoryTotal, memoryUsed, memoryAvailable, swapUsage
    case load1, load5, load15
    case diskUsage, diskRead, diskWrite
    case networkSent, networkReceived
    case processesTotal, processesRunning, processesSleeping, processesZombie

    package static let count = 23

    /// `allCases` makes a new array each time.
    package static let all = allCases

    /// Bytes, or bytes per second: a whole number, also where it is an average.
    package var countsBytes: Bool { name.contains("bytes") }

    /// As in the API: `cpu.usage_percent`.
    package var name: String { Self.rows[rawValue].name }

    /// The part of a sample it belongs to: `cpu`, `memory`, `load`, `disk`, `network`, `processes`.
    package var group: Substring { name.prefix { $0 != "." } }

    /// Nil for a name that is no metric's.
    package init?(name: String) {
        guard let key = Self.all.first(where: { $0.name == name }) else { return nil }
        self = key
    }
}

/// What is worth knowing of a metric beyond its name and values.
package struct MetricTraits: Sendable {
    /// What a host can have; anything else is a fault of the agent and is not taken.
    package var range: ClosedRange<Double>
    /// A deviation below this interests nobody, however quiet the series: in the unit of the metric …
    package var smallestDeviation: Double
    /// … and as a fraction of what is usual; the larger of the two holds.
    package var smallestRelativeDeviation: Double

    /// The smallest deviation from `usual` that may be called unusual.
    package func deviationFloor(around usual: Double) -> Double {
        max(smallestDeviation, smallestRelativeDeviation * abs(usual))
    }
}

extension MetricKey {
    package var traits: MetricTraits { Self.traits[rawValue] }

    /// What is compared with its past. The others say the same as one of these, or hardly ever change.
    package static let watched: [MetricKey] = [
        .cpuUsage, .cpuUser, .cpuSystem, .cpuIOWait, .cpuTemperature, .memoryUsage, .swapUsage, .load1, .diskUsage,
        .diskRead, .diskWrite, .networkSent, .networkReceived, .processesTotal, .processesRunning, .processesZombie,
    ]

    private static let rows: [(name: String, traits: MetricTraits)] = [
        ("cpu.usage_percent", percent(15)), ("cpu.user_percent", percent(15)), ("cpu.system_percent", percent(10)),
        ("cpu.idle_percent", percent(15)), ("cpu.iowait_percent", percent(10)),
        (
            "cpu.temperature_celsius",
            MetricTraits(range: -100...300, smallestDeviation: 10, smallestRelativeDeviation: 0)
        ),
        ("memory.usage_percent", percent(3)), ("memory.total_bytes", amount(1e8)),
        ("memory.used_bytes", amount(1e8)), ("memory.available_bytes", amount(1e8)),
        ("memory.swap_usage_percent", percent(5)),
        ("load.load1", amount(2)), ("load.load5", amount(2)), ("load.load15", amount(2)),
        ("disk.usage_percent", percent(2)),
        ("disk.read_bytes_per_sec", amount(10e6)), ("disk.write_bytes_per_sec", amount(10e6)),
        ("network.sent_bytes_per_sec", amount(1e6)), ("network.recv_bytes_per_sec", amount(1e6)),
        ("processes.total", amount(30)), ("processes.running", amount(6)), ("processes.sleeping", amount(30)),
        ("processes.zombie", amount(5)),
    ]

    /// Apart from the names, so that nothing is counted when they are read for every value.
    private static let traits = rows.map(\.traits)

    private static func percent(_ smallest: Double) -> MetricTraits {
        MetricTraits(range: 0...100, smallestDeviation: smallest, smallestRelativeDeviation: 0)
    }

    /// Of bytes, or of things.
    private static func amount(_ smallest: Double) -> MetricTraits {
        MetricTraits(range: 0...1e18, smallestDeviation: smallest, smallestRelativeDeviation: 0.5)
    }
}
