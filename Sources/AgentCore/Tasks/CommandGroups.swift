import CProcess
import Glibc
import Logging
import Reactor

/// The process groups of the commands that run, or that were told to end and may not have, noted on disk: after a
/// `kill -9` of the agent its next life ends what was left behind, because by then the gateway calls those tasks failed.
/// Loop's thread only.
///
/// A group is known by its leader's number, the time at which that was started, and its session. So neither a process
/// that has got the number since, nor one that a finished task left running on purpose, is ever signalled.
final class CommandGroups {
    struct Group: Equatable {
        var leader: Int32
        /// Since boot, in ticks.
        var startTicks: UInt64
        var session: Int32
    }

    private let loop: EventLoop
    private let host: HostReadings
    private let log: Logger
    /// Nil: nothing is kept.
    private let notes: TaskNotes?
    private let bootID: String
    private var running: [Int32: Group] = [:]
    /// Of an earlier life, until they have been sent SIGKILL: this one may end before.
    private var leftovers: [Group] = []
    private var escalation: LoopTimer?

    init(path: String?, loop: EventLoop, host: HostReadings, log: Logger) {
        self.loop = loop
        self.host = host
        self.log = log
        bootID = host.buffer.firstLine(of: host.root.path("/proc/sys/kernel/random/boot_id")) ?? ""
        notes = path.map { TaskNotes(path: $0, log: log) }
    }

    /// These are the leaders of the groups that run now.
    func note(_ leaders: [Int32]) {
        guard notes != nil else { return }
        let before = running
        running = [:]
        for leader in leaders { running[leader] = before[leader] ?? group(of: leader) }
        if running != before { write() }
    }

    /// Before the first task: SIGTERM to what an earlier life of the agent left behind, SIGKILL after the grace.
    func endLeftovers(grace: Duration) {
        leftovers = living(noted())
        guard !leftovers.isEmpty else { return }
        log.notice(
            "commands of tasks were left behind when the agent was killed: they are ended",
            metadata: ["count": "\(leftovers.count)"])
        signal(leftovers, SIGTERM)
        signal(leftovers, SIGCONT)  // a stopped process would not notice
        escalation = loop.schedule(after: grace) { [unowned self] in  // unowned: the timer ends with this object
            signal(living(leftovers), SIGKILL)
            leftovers = []
            write()
        }
    }

    /// Of these groups, whose leaders have not been reaped, those of which a process lives.
    func living(of leaders: [Int32]) -> Set<Int32> {
        var living: Set<Int32> = []
        _ = ProcessDirectory(host: host).forEach { _, stat in
            if stat.state != UInt8(ascii: "Z") { living.insert(stat.group) }
        }
        return living.intersection(leaders)
    }

    // MARK: -

    private func signal(_ groups: [Group], _ number: Int32) {
        for group in groups { cp_signal_group(group.leader, number) }
    }

    private func group(of leader: Int32) -> Group? {
        guard var file = host.buffer.contents(of: host.root.path("/proc/\(leader)/stat")),
            let stat = ProcessStat(parsing: &file)
        else { return nil }
        return Group(leader: leader, startTicks: stat.startTicks, session: stat.session)
    }

    /// Those of which a process lives: the leader itself, or, where its number is nobody's, one that it left.
    private func living(_ groups: [Group]) -> [Group] {
        guard !groups.isEmpty else { return [] }
        var leaders: [Int32: UInt64] = [:]
        var members: Set<[Int32]> = []
        _ = ProcessDirectory(host: host).forEach { pid, stat in
            leaders[pid] = stat.startTicks
            if stat.state != UInt8(ascii: "Z") { members.insert([stat.group, stat.session]) }
        }
        return groups.filter { group in
            members.contains([group.leader, group.session])
                && (leaders[group.leader].map { $0 == group.startTicks } ?? true)
        }
    }

    // MARK: - The file

    private func write() {
        let groups = leftovers + running.values.sorted { $0.leader < $1.leader }
        notes?.write([bootID] + groups.map { "\($0.leader) \($0.startTicks) \($0.session)" })
    }

    /// What an earlier life has noted, of this boot.
    private func noted() -> [Group] {
        let lines = notes?.read() ?? []
        guard !bootID.isEmpty, lines.first == bootID[...] else { return [] }
        return lines.dropFirst().prefix(TaskLimits().known).compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let leader = Int32(words[0]), leader > 1, let start = UInt64(words[1]),
                let session = Int32(words[2])
            else { return nil }
            return Group(leader: leader, startTicks: start, session: session)
        }
    }
}
