import Glibc

/// A look at the host's well-being. A value that the host does not give is nil.
package struct HealthSample: Sendable {
    /// Seconds since 1970.
    package var timestamp: Int64
    package var cpuUsagePercent: Double?
    package var memoryUsagePercent: Double?
    /// Of the fullest filesystem.
    package var diskUsagePercent: Double?
    /// Where the fullest filesystem is mounted.
    package var diskMountPoint: String?
    package var swapUsagePercent: Double?
    package var load: LoadSample?
    package var coreCount: UInt32?
    package var uptimeSeconds: UInt64?
    /// Nil where the host has no systemd, or it has not been asked.
    package var failedUnits: [FailedUnit]?
    /// Names; nil where there is no container engine, or it has not been asked.
    package var unhealthyContainers: [String]?
    /// What the agent was told to watch, and systemd itself where no unit can be looked at.
    package var services: [ServiceState] = []
}

/// Samples the host for the stream `health_check`.
///
/// One for the life of the agent, on its loop, with the same `HostReadings` as the `MetricsCollector`. CPU usage is that
/// since the health sample before; since boot in the first.
package final class HealthCollector {
    private let host: HostReadings
    private let cpu: CPUCollector
    private let memory: MemoryCollector
    private let disks: DiskCollector
    private let load: LoadCollector

    package init(host: HostReadings) {
        self.host = host
        cpu = CPUCollector(host: host)
        memory = MemoryCollector(host: host)
        disks = DiskCollector(host: host)
        load = LoadCollector(host: host)
    }

    /// Reads everything now.
    package func sample() -> HealthSample {
        var sample = HealthSample(timestamp: Int64(time(nil)))
        if let cpu = cpu.sample(at: monotonicNanoseconds(), staleAfter: .max) {
            sample.cpuUsagePercent = cpu.usagePercent
            sample.coreCount = cpu.coreUsage.isEmpty ? nil : UInt32(cpu.coreUsage.count)
        }
        let memory = memory.sample()
        sample.memoryUsagePercent = memory?.usagePercent
        sample.swapUsagePercent = memory?.swapUsagePercent
        let fullest = disks.filesystems()?.max { $0.sample.usagePercent ?? -1 < $1.sample.usagePercent ?? -1 }?.sample
        if let usage = fullest?.usagePercent {
            sample.diskUsagePercent = usage
            sample.diskMountPoint = fullest?.mountPoint
        }
        sample.load = load.sample()
        sample.uptimeSeconds = host.uptimeSeconds()
        return sample
    }
}

extension HostReadings {
    /// How long the host has been up, from `/proc/uptime`; nil when that cannot be read.
    func uptimeSeconds() -> UInt64? {
        guard var contents = buffer.contents(of: root.path("/proc/uptime")) else { return nil }
        return contents.nextUInt()
    }
}
