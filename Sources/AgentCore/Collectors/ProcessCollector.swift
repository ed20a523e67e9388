import Glibc

/// Counts the processes and finds the busiest, by reading every `/proc/<pid>/stat`.
///
/// - `total` includes kernel threads, as in `ps -e`; `sleeping` is everything that is neither running, nor a zombie, nor
///   stopped, as in `top`.
/// - `cpu_percent` is a share of the host's whole CPU time since the scan before, so that the processes add up to the
///   host's usage and stay within 0 to 100. In the first scan it is the average of the process's life, as in `ps`.
/// - A scan costs ten to fifteen microseconds per process, nearly all of it in the kernel. It is not repeated until what
///   it took is 1 % of the time that has passed, or 5 s have; until then a sample repeats the one before. That concerns
///   hosts with more than some 700 processes that are sampled every second.
package final class ProcessCollector {
    /// How many of the busiest processes are named.
    package static let topCount = 5
    /// Processes beyond this many are counted, but have no `cpu_percent` and are not among the busiest.
    package static let trackedLimit = 65_536
    private static let costFactor: UInt64 = 100
    private static let longestPause: UInt64 = 5_000_000_000

    /// What is kept of a process until the next scan.
    private struct Past {
        var pid: Int32
        var startTicks: UInt64
        var ticks: UInt64
    }

    private let host: HostReadings
    private let directory: ProcessDirectory
    private let pageBytes = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1))
    private let ticksPerSecond = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
    /// Sorted by pid.
    private var previous: [Past] = []
    private var current: [Past] = []
    private var previousAt: UInt64?
    private var cost: UInt64 = 0
    private var sample: ProcessesSample?
    private var sampledTasks: [TaskRoot] = []

    package init(host: HostReadings) {
        self.host = host
        directory = ProcessDirectory(host: host)
    }

    /// nil when `/proc` cannot be read. `tasks` are those whose processes are wanted. `now` is nanoseconds of the
    /// monotonic clock, `sinceBoot` of the clock that process start times are counted by.
    package func sample(tasks: [TaskRoot], at now: UInt64, sinceBoot: UInt64) -> ProcessesSample? {
        if let previousAt, let sample, now &- previousAt < pause(before: tasks) { return sample }
        let started = monotonicNanoseconds()
        sample = scan(tasks: tasks, at: now, sinceBoot: sinceBoot)
        sampledTasks = tasks
        cost = monotonicNanoseconds() &- started
        return sample
    }

    /// New tasks are not kept waiting until the next scan is due.
    private func pause(before tasks: [TaskRoot]) -> UInt64 {
        guard tasks == sampledTasks else { return RateWindow.shortest }
        return max(RateWindow.shortest, min(cost &* Self.costFactor, Self.longestPause))
    }

    private func scan(tasks: [TaskRoot], at now: UInt64, sinceBoot: UInt64) -> ProcessesSample? {
        var counts = ProcessesSample(total: 0, running: 0, sleeping: 0, zombie: 0, top: [], taskProcesses: [])
        var top = TopProcesses(limit: Self.topCount)
        var usage = TaskUsage(tasks, in: directory)
        let window = window(until: now, sinceBoot: sinceBoot)
        current.removeAll(keepingCapacity: true)
        let readable = directory.forEach { pid, stat in
            counts.count(stat.state)
            guard current.count < Self.trackedLimit else { return }
            current.append(Past(pid: pid, startTicks: stat.startTicks, ticks: stat.ticks))
            let busy = cpuTime(of: pid, stat, in: window)
            top.offer(pid, stat, busy: busy)
            usage.add(pid, stat, busy: busy)
        }
        guard readable else { return nil }
        keepCurrent(at: now)
        let share = { percent($0, of: Double(self.host.coreCount)) }
        counts.top = top.processes.map { $0.sample(pageBytes: pageBytes, share: share) }
        counts.taskProcesses = usage.samples(pageBytes: pageBytes, share: share)
        return counts
    }

    private func keepCurrent(at now: UInt64) {
        swap(&previous, &current)
        previousAt = now
        // The kernel lists processes by pid; a recorded directory may not.
        let isSorted = zip(previous, previous.dropFirst()).allSatisfy { $0.pid < $1.pid }
        if !isSorted { previous.sort { $0.pid < $1.pid } }
    }

    /// The time that CPU figures of a scan cover.
    private enum Window {
        case sinceScan(ticks: Double)
        case sinceStart(now: Double)
    }

    private func window(until now: UInt64, sinceBoot: UInt64) -> Window {
        guard let previousAt else { return .sinceStart(now: Double(sinceBoot) / 1e9 * ticksPerSecond) }
        return .sinceScan(ticks: Double(max(now &- previousAt, 1)) / 1e9 * ticksPerSecond)
    }

    /// How many cores, in whole and fractions, a process kept busy.
    private func cpuTime(of pid: Int32, _ stat: ProcessStat, in window: Window) -> Double {
        switch window {
        case .sinceStart(let now):
            return Double(stat.ticks) / max(now - Double(stat.startTicks), 1)
        case .sinceScan(let ticks):
            return Double(growth(from: earlierTicks(of: pid, stat), to: stat.ticks)) / ticks
        }
    }

    /// 0 for a process that has started since the scan before.
    private func earlierTicks(of pid: Int32, _ stat: ProcessStat) -> UInt64 {
        var low = 0
        var high = previous.count
        while low < high {
            let middle = (low + high) / 2
            if previous[middle].pid < pid { low = middle + 1 } else { high = middle }
        }
        guard low < previous.count, previous[low].pid == pid, previous[low].startTicks == stat.startTicks else {
            return previous.count < Self.trackedLimit ? 0 : stat.ticks
        }
        return previous[low].ticks
    }
}

extension ProcessesSample {
    /// Counts a process in the state that the letter stands for.
    fileprivate mutating func count(_ state: UInt8) {
        total += 1
        switch state {
        case UInt8(ascii: "R"): running += 1
        case UInt8(ascii: "Z"): zombie += 1
        case UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: "X"), UInt8(ascii: "x"): break
        default: sleeping += 1
        }
    }
}
