import Glibc

/// What the collectors of one loop share: where the host's files are, the memory they are read into, and the latest
/// reading of the CPU counters.
///
/// Owned by the agent's loop, like all collectors: nothing here may be used from two threads.
package final class HostReadings {
    package let root: HostRoot
    package let buffer = ReadBuffer()

    /// The newest reading that any collector made; a start for one whose own is old.
    var latestCPU: (at: UInt64, reading: CPUReading)?

    /// The cores that are on line, as of the latest reading.
    var coreCount: Int { latestCPU?.reading.cores.count ?? max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1) }

    package init(root: HostRoot = HostRoot()) { self.root = root }
}
