import CLoad

/// What processes had of the CPUs, and what they did not get, since they began. Any thread.
struct ProcessTime: Sendable {
    /// User and system, in nanoseconds, with the threads that have ended.
    var used: UInt64 = 0
    /// Nanoseconds in which threads that live could have run, but others did. Where it is not small beside `used`, the
    /// machine was too busy for the figures to mean much.
    var waited: UInt64 = 0

    init(of pids: [Int32]) {
        for pid in pids {
            used += cl_process_cpu(pid)
            for thread in SmallFile.names(in: "/proc/\(pid)/task") {
                // Time on a CPU, time in the queue for one, number of turns.
                let fields = (SmallFile.read("/proc/\(pid)/task/\(thread)/schedstat") ?? "").split(separator: " ")
                waited += fields.count > 1 ? UInt64(fields[1]) ?? 0 : 0
            }
        }
    }
}
