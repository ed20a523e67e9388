/// What a host is made of. A part that was not asked for, and a value that the host does not give, is nil.
package struct SystemInfo: Sendable {
    /// Seconds since 1970.
    package var timestamp: Int64
    package var hardware: HardwareInfo?
    package var software: SoftwareInfo?
    package var networkInterfaces: [InterfaceInfo]?
}

/// The machine, or what of it a virtual one shows.
package struct HardwareInfo: Sendable {
    package var cpu: CPUInfo
    package var memory: MemoryModules
    package var disks: [DiskInfo]
    /// As `uname -m` prints it.
    package var architecture: String
}

/// The processors, all of them alike.
package struct CPUInfo: Equatable, Sendable {
    package var model: String?
    /// Of all sockets.
    package var cores: UInt32?
    /// What the kernel schedules on: more than cores where they have several threads.
    package var threads: UInt32?
    package var baseFrequencyGHz: Double?
    package var maxFrequencyGHz: Double?
    package var features: [String] = []
}

/// The memory; type and speed are those of the first module, and known only to root on a real machine.
package struct MemoryModules: Equatable, Sendable {
    package var totalBytes: UInt64?
    package var availableBytes: UInt64?
    package var type: String?
    package var speedMHz: UInt32?
}

/// A mounted filesystem; see `DiskCollector` for which.
package struct DiskInfo: Sendable {
    package var device: String
    package var mountPoint: String
    package var filesystem: String
    package var totalBytes: UInt64?
    package var availableBytes: UInt64?
    /// `nvme`, `ssd`, `hdd` or `virtual`.
    package var type: String?
}

/// What runs on the machine.
package struct SoftwareInfo: Sendable {
    package var os: OSInfo
    package var hostname: String
    package var uptimeSeconds: UInt64?
    package var packages: [PackageInfo]
}

/// The operating system.
package struct OSInfo: Equatable, Sendable {
    package var name: String?
    package var version: String?
    /// As `uname -r` prints it.
    package var kernelVersion: String = ""
    /// The ID of os-release: `debian`, `alpine`.
    package var distribution: String?
}

/// An installed package.
package struct PackageInfo: Equatable, Sendable {
    package var name: String
    package var version: String
    /// `dpkg` or `apk`.
    package var manager: String
}

/// A network interface.
package struct InterfaceInfo: Equatable, Sendable {
    package var name: String
    package var macAddress: String?
    /// IPv4 first.
    package var ipAddresses: [String] = []
    package var speedMbps: UInt32?
    /// Switched on and with a carrier.
    package var isUp: Bool
}
