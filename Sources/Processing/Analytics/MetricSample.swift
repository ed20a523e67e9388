package import Model

/// What an agent said of its host at one moment, as far as the analytics need it.
package struct MetricSample: Sendable {
    package var values: MetricValues
    /// Mounted file systems; pseudo file systems left out.
    package var mounts: [MountUsage]
    /// Nil where it is unknown; a total of 0 where no swap is set up.
    package var swap: Capacity?
    /// The busiest processes, the busiest first.
    package var topProcesses: [ProcessUsage]
    package var containers: [ContainerUsage]
    /// To judge the load by; nil where it is unknown.
    package var coreCount: Int?

    package init(
        values: MetricValues = MetricValues(), mounts: [MountUsage] = [], swap: Capacity? = nil,
        topProcesses: [ProcessUsage] = [], containers: [ContainerUsage] = [], coreCount: Int? = nil
    ) {
        self.values = values
        self.mounts = mounts
        self.swap = swap
        self.topProcesses = topProcesses
        self.containers = containers
        self.coreCount = coreCount
    }

    /// More processes and containers than an honest agent sends are left out.
    static let mostListed = 64

    var bounded: MetricSample {
        guard max(topProcesses.count, containers.count) > Self.mostListed else { return self }
        var sample = self
        sample.topProcesses = Array(topProcesses.prefix(Self.mostListed))
        sample.containers = Array(containers.prefix(Self.mostListed))
        return sample
    }
}

extension MetricValues {
    /// From `memory.used_bytes` and `memory.total_bytes`.
    var memory: Capacity? {
        guard let used = self[.memoryUsed], let total = self[.memoryTotal] else { return nil }
        return Capacity(usedBytes: used, totalBytes: total)
    }
}

/// How much of something is used, in bytes.
package struct Capacity: Sendable, Equatable {
    package var usedBytes: Double
    package var totalBytes: Double

    package init(usedBytes: Double, totalBytes: Double) {
        self.usedBytes = usedBytes
        self.totalBytes = totalBytes
    }

    /// 0 … 1; nil of nothing, or of numbers that cannot be.
    var fraction: Double? {
        guard totalBytes > 0, totalBytes <= 1e18, usedBytes >= 0 else { return nil }
        return min(1, usedBytes / totalBytes)
    }
}

/// A mounted file system.
package struct MountUsage: Sendable, Equatable {
    /// `/var`
    package var path: String
    /// The total is what may be used: used + available, without what is kept for root.
    package var capacity: Capacity

    package init(path: String, capacity: Capacity) {
        self.path = path
        self.capacity = capacity
    }
}

package struct ProcessUsage: Sendable, Equatable {
    package var pid: UInt32
    package var name: String
    /// Of all cores together, so at most 100.
    package var cpuPercent: Double
    /// Resident.
    package var memoryBytes: Double

    package init(pid: UInt32, name: String, cpuPercent: Double, memoryBytes: Double) {
        self.pid = pid
        self.name = name
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
    }
}

package struct ContainerUsage: Sendable, Equatable {
    package var name: String
    package var cpuPercent: Double
    package var memoryBytes: Double
    /// Nil: no limit is set.
    package var memoryLimitBytes: Double?

    package init(name: String, cpuPercent: Double, memoryBytes: Double, memoryLimitBytes: Double?) {
        self.name = name
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
        self.memoryLimitBytes = memoryLimitBytes
    }
}
