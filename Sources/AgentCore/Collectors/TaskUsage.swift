/// A running task, by the process it was started as, which leads a process group of its own.
package struct TaskRoot: Equatable, Sendable {
    package var taskID: String
    package var pid: Int32

    package init(taskID: String, pid: Int32) {
        self.taskID = taskID
        self.pid = pid
    }
}

/// Adds up what the processes of each task use.
///
/// A process belongs to a task when it is in the process group or the session of the task's root, or when its parent
/// belongs to it. A daemon that left its group, its session and its parent is not the task's any more. Memory that
/// processes share is counted for each of them.
struct TaskUsage {
    private struct Sum {
        var busy = 0.0
        var pages: UInt64 = 0
        var virtualBytes: UInt64 = 0
        var threads: UInt32 = 0
        var readBytes: UInt64?
        var writeBytes: UInt64?
        var isSeen = false
    }

    private struct Process {
        var pid: Int32
        var stat: ProcessStat
        var busy: Double
    }

    private let tasks: [TaskRoot]
    private let directory: ProcessDirectory
    private var sums: [Sum]
    /// The task, by its place in `tasks`, of each process that belongs to one.
    private var members: [Int32: Int] = [:]
    /// Processes that may turn out to be children of members.
    private var undecided: [Process] = []

    init(_ tasks: [TaskRoot], in directory: ProcessDirectory) {
        self.tasks = tasks
        self.directory = directory
        sums = Array(repeating: Sum(), count: tasks.count)
    }

    /// To be called for each process of the host, in any order.
    mutating func add(_ pid: Int32, _ stat: ProcessStat, busy: Double) {
        if tasks.isEmpty { return }
        let process = Process(pid: pid, stat: stat, busy: busy)
        if let task = tasks.firstIndex(where: { $0.pid == pid || $0.pid == stat.group || $0.pid == stat.session }) {
            count(process, for: task)
        } else if stat.parent > Self.lastAncestorOfAll {
            undecided.append(process)
        }
    }

    /// Processes 1 and 2 are the parents of daemons and of kernel threads, which nobody's task has started.
    private static let lastAncestorOfAll: Int32 = 2

    /// One for each task that has a process left, in the order of the tasks; `pid` is the root's. Call it once, after the
    /// last process was added.
    mutating func samples(pageBytes: UInt64, share: (Double) -> Double?) -> [TaskProcess] {
        adoptChildren()
        return zip(tasks, sums).compactMap { task, sum in
            guard sum.isSeen else { return nil }
            return TaskProcess(
                taskID: task.taskID, pid: task.pid, cpuPercent: share(sum.busy),
                memoryBytes: sum.pages &* pageBytes, virtualMemoryBytes: sum.virtualBytes, threads: sum.threads,
                readBytes: sum.readBytes, writeBytes: sum.writeBytes)
        }
    }

    /// Each round finds the children of those found in the round before.
    private mutating func adoptChildren() {
        var foundOne = !members.isEmpty
        while foundOne {
            foundOne = false
            for process in undecided where members[process.pid] == nil {
                guard let task = members[process.stat.parent] else { continue }
                count(process, for: task)
                foundOne = true
            }
        }
    }

    private mutating func count(_ process: Process, for task: Int) {
        members[process.pid] = task
        sums[task].isSeen = true
        sums[task].busy += process.busy
        sums[task].pages &+= process.stat.residentPages
        sums[task].virtualBytes &+= process.stat.virtualBytes
        sums[task].threads &+= process.stat.threads
        guard let io = directory.io(of: process.pid) else { return }
        sums[task].readBytes = Self.sum(sums[task].readBytes, io.readBytes)
        sums[task].writeBytes = Self.sum(sums[task].writeBytes, io.writeBytes)
    }

    private static func sum(_ a: UInt64?, _ b: UInt64?) -> UInt64? {
        guard let b else { return a }
        return (a ?? 0) &+ b
    }
}
