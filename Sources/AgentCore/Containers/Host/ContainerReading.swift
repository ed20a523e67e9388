import JSON
import Model

/// What a container has taken until a moment: `GET /containers/{id}/stats`.
struct ContainerReading: Equatable {
    /// Of all cores, since its start.
    var cpuNanoseconds: UInt64?
    /// Cores that it may use at one time.
    var cores: Int64?
    /// Without what the page cache could give back.
    var memoryBytes: UInt64?
    var memoryLimitBytes: UInt64?
    var takenAt: MonotonicTime

    init(_ answer: JSONValue, takenAt: MonotonicTime) {
        self.takenAt = takenAt
        let cpu = answer["cpu_stats"]
        cpuNanoseconds = cpu?["cpu_usage"]?["total_usage"]?.unsigned
        cores = cpu?["online_cpus"]?.int.flatMap { $0 > 0 ? $0 : nil }
        let memory = answer["memory_stats"]
        let details = memory?["stats"]
        // The names of cgroup v1 and v2.
        let cache = (details?["total_inactive_file"] ?? details?["inactive_file"])?.unsigned ?? 0
        memoryBytes = memory?["usage"]?.unsigned.map { $0 > cache ? $0 - cache : $0 }
        let limit = memory?["limit"]?.unsigned
        memoryLimitBytes = limit.flatMap { $0 > 0 && $0 < 1 << 60 ? $0 : nil }
    }

    /// Of all cores together, since the other reading; nil where that tells nothing.
    func cpuPercent(since earlier: ContainerReading, hostCores: Int64) -> Double? {
        guard let now = cpuNanoseconds, let then = earlier.cpuNanoseconds, now >= then,
            takenAt.milliseconds(since: earlier.takenAt) >= 100
        else { return nil }
        let time = Double(takenAt.nanoseconds - earlier.takenAt.nanoseconds)
        return min(100, Double(now - then) / time / Double(cores ?? max(1, hostCores)) * 100)
    }
}

extension JSONValue {
    /// A number that is not negative.
    fileprivate var unsigned: UInt64? {
        switch self {
        case .unsigned(let number): number
        default: int.flatMap { UInt64(exactly: $0) }
        }
    }
}
