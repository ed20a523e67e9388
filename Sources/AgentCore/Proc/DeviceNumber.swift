/// The number of a block device: `major:minor`.
struct DeviceNumber: Hashable, Sendable {
    var major: UInt32
    var minor: UInt32

    /// Devices with this major number are the kernel's own invention: there is no block device behind them.
    var isAnonymous: Bool { major == 0 }
}

extension DeviceNumber {
    /// A `dev_t` as glibc's `gnu_dev_major` and `gnu_dev_minor` take it apart.
    init(_ device: UInt64) {
        major = UInt32(truncatingIfNeeded: (device >> 8) & 0xfff | (device >> 32) & 0xffff_f000)
        minor = UInt32(truncatingIfNeeded: device & 0xff | (device >> 12) & 0xffff_ff00)
    }
}
