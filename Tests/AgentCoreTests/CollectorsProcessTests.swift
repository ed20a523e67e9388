import Glibc
import Testing

@testable import AgentCore

@Suite("Processes of a recorded host")
struct CollectorsProcessTests {
    private let host = RecordedHost()
    private let readings: HostReadings
    private let collector: ProcessCollector

    init() {
        readings = HostReadings(root: host.root)
        collector = ProcessCollector(host: readings)
        host.write("/proc/stat", "cpu  0 0 0 100\ncpu0 0 0 0 50\ncpu1 0 0 0 50\n")
        _ = CPUCollector(host: readings).sample(at: seconds(1), staleAfter: 0)
    }

    /// Writes a process that has used `ticks` of CPU time (100 are a second).
    private func process(
        _ pid: Int32, name: String = "x", state: String = "S", parent: Int32 = 1, group: Int32 = 1,
        session: Int32 = 1, ticks: Int, start: Int = 0, pages: Int = 1
    ) {
        host.write(
            "/proc/\(pid)/stat",
            "\(pid) (\(name)) \(state) \(parent) \(group) \(session) 0 -1 0 0 0 0 0 \(ticks) 0 0 0 20 0 2 0 \(start) 8192 "
                + "\(pages) 18446744073709551615 0 0")
    }

    private func sample(_ at: Double, tasks: [TaskRoot] = []) throws -> ProcessesSample {
        try #require(collector.sample(tasks: tasks, at: seconds(at), sinceBoot: seconds(at)))
    }

    @Test("processes are counted by state")
    func states() throws {
        for (pid, state) in zip(Int32(1)..., ["R", "S", "D", "I", "Z", "T", "t", "R"]) {
            process(pid, state: state, ticks: 0)
        }
        host.write("/proc/9/stat", "9 (cut off")
        host.makeDirectories(["proc", "10"])
        host.makeDirectories(["proc", "self"])
        let sample = try sample(10)
        #expect(sample.total == 8)
        #expect(sample.running == 2 && sample.sleeping == 3 && sample.zombie == 1)
    }

    @Test("CPU is a share of the whole host: over the process's life first, then since the scan before")
    func shares() throws {
        process(7, ticks: 500)
        process(8, ticks: 0, pages: 9)
        let first = try sample(10)
        #expect(first.top.map(\.pid) == [7, 8])
        #expect(first.top[0].cpuPercent == 25)
        process(8, ticks: 150, pages: 9)
        let second = try sample(12)
        #expect(second.top.map(\.pid) == [8, 7])
        #expect(second.top.map(\.cpuPercent) == [37.5, 0])
        #expect(second.top[0].memoryBytes == 9 * UInt64(sysconf(Int32(_SC_PAGESIZE))))
        #expect(second.top[0].threads == 2)
    }

    @Test("a pid that was used again is a new process, all of whose time is recent")
    func reusedPid() throws {
        process(7, ticks: 5000)
        _ = try sample(100)
        process(7, ticks: 100, start: 10_000)
        process(9, ticks: 50, start: 10_010)
        let second = try sample(102)
        #expect(second.top.map(\.cpuPercent) == [25, 12.5])
    }

    @Test("only the five busiest are named, ties by memory")
    func top() throws {
        for pid in Int32(1)...20 { process(pid, name: "p\(pid)", ticks: pid == 4 ? 100 : 0, pages: Int(pid)) }
        let sample = try sample(10)
        #expect(sample.total == 20)
        #expect(sample.top.map(\.name) == ["p4", "p20", "p19", "p18", "p17"])
    }

    @Test("a task's processes are those of its group, its session and their children, added up")
    func tasks() throws {
        process(50, parent: 1, group: 50, session: 50, ticks: 0)
        process(51, parent: 50, group: 50, session: 50, ticks: 0)
        process(52, parent: 51, group: 52, session: 50, ticks: 0)
        process(53, parent: 52, group: 53, session: 53, ticks: 0)
        process(60, parent: 1, group: 60, session: 60, ticks: 0)
        host.write("/proc/50/io", "rchar: 1\nread_bytes: 100\nwrite_bytes: 7\ncancelled_write_bytes: 3\n")
        host.write("/proc/53/io", "read_bytes: 20\n")
        let roots = [TaskRoot(taskID: "a", pid: 50), TaskRoot(taskID: "gone", pid: 99)]
        _ = try sample(10, tasks: roots)
        process(53, parent: 52, group: 53, session: 53, ticks: 100)
        let task = try #require(try sample(11, tasks: roots).taskProcesses.first)
        #expect(task.taskID == "a" && task.pid == 50)
        #expect(task.cpuPercent == 50)
        #expect(task.threads == 8 && task.virtualMemoryBytes == 4 * 8192)
        #expect(task.readBytes == 120 && task.writeBytes == 7)
        #expect(try sample(12, tasks: roots).taskProcesses.count == 1)
        #expect(try sample(13).taskProcesses.isEmpty)
    }

    @Test("a scan right after another is answered from that one")
    func tooSoon() throws {
        process(7, ticks: 0)
        let first = try sample(10)
        process(8, ticks: 0)
        #expect(try sample(10.01).total == first.total)
        // Neither do new tasks change that: the time would be too short to tell who was busy.
        let tasks = [TaskRoot(taskID: "a", pid: 8)]
        #expect(try sample(10.02, tasks: tasks).total == first.total)
        #expect(try sample(10.05, tasks: tasks).taskProcesses.map(\.pid) == [8])
        // However slow the scan before was, it is repeated after the longest pause.
        process(9, ticks: 0)
        #expect(try sample(16, tasks: tasks).total == 3)
    }
}
