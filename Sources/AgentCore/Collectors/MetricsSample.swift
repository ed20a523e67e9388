/// One sample of a host, part by part. A part that was not wanted, or that the host cannot give, is nil; so is a single
/// value the host cannot give.
package struct MetricsSample: Sendable {
    /// Seconds since 1970.
    package var timestamp: Int64
    package var cpu: CPUSample?
    package var memory: MemorySample?
    package var disks: [DiskSample]?
    package var networkInterfaces: [InterfaceSample]?
    package var processes: ProcessesSample?
    package var load: LoadSample?
}

/// See `CPUCollector` for what the figures cover. Percentages are 0 to 100.
package struct CPUSample: Sendable {
    package var usagePercent: Double?
    /// Of every core that is on line, in the kernel's order.
    package var coreUsage: [Double] = []
    package var userPercent: Double?
    package var systemPercent: Double?
    package var idlePercent: Double?
    package var iowaitPercent: Double?
    package var temperatureCelsius: Double?
}

/// See `MemoryCollector`.
package struct MemorySample: Equatable, Sendable {
    package var totalBytes: UInt64
    package var usedBytes: UInt64
    package var availableBytes: UInt64?
    package var freeBytes: UInt64?
    package var cachedBytes: UInt64?
    package var buffersBytes: UInt64?
    package var usagePercent: Double?
    package var swapTotalBytes: UInt64?
    package var swapUsedBytes: UInt64?
    package var swapFreeBytes: UInt64?
    /// nil on a host without swap.
    package var swapUsagePercent: Double?
}

/// A mounted filesystem and what the device below it did. See `DiskCollector`.
package struct DiskSample: Sendable {
    package var device: String
    package var mountPoint: String
    package var filesystem: String
    package var totalBytes: UInt64?
    package var usedBytes: UInt64?
    package var availableBytes: UInt64?
    package var usagePercent: Double?
    package var readBytesPerSec: UInt64?
    package var writeBytesPerSec: UInt64?
    package var readOpsPerSec: UInt64?
    package var writeOpsPerSec: UInt64?
    package var ioUtilPercent: Double?
}

/// A network interface. Rates are nil until there are two readings; errors and drops count from when it appeared.
package struct InterfaceSample: Sendable {
    package var interface: String
    package var bytesSentPerSec: UInt64?
    package var bytesRecvPerSec: UInt64?
    package var packetsSentPerSec: UInt64?
    package var packetsRecvPerSec: UInt64?
    package var errorsIn: UInt64
    package var errorsOut: UInt64
    package var dropsIn: UInt64
    package var dropsOut: UInt64
}

/// See `ProcessCollector`.
package struct ProcessesSample: Sendable {
    package var total: UInt32
    package var running: UInt32
    package var sleeping: UInt32
    package var zombie: UInt32
    /// The busiest, then the largest, first.
    package var top: [TopProcess]
    /// The processes of the agent's tasks, in the order of their pids.
    package var taskProcesses: [TaskProcess]
}

/// One of the busiest processes.
package struct TopProcess: Equatable, Sendable {
    package var pid: Int32
    package var name: String
    /// Share of the host's whole CPU time, 0 to 100: the processes add up to the host's `usagePercent`.
    package var cpuPercent: Double?
    /// Resident.
    package var memoryBytes: UInt64
    package var threads: UInt32
}

/// A process that a task started, directly or not.
package struct TaskProcess: Equatable, Sendable {
    package var taskID: String
    package var pid: Int32
    /// As in `TopProcess`.
    package var cpuPercent: Double?
    package var memoryBytes: UInt64
    package var virtualMemoryBytes: UInt64
    package var threads: UInt32
    /// Read from and written to storage since the process started; nil without the right to see it.
    package var readBytes: UInt64?
    package var writeBytes: UInt64?
}

/// The load averages of the last 1, 5 and 15 minutes.
package struct LoadSample: Equatable, Sendable {
    package var load1: Double
    package var load5: Double
    package var load15: Double
}
