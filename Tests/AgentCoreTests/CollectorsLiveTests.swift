import Glibc
import Testing

@testable import AgentCore

/// The collectors against other programs' view of the running host. What moves while a test runs is bracketed by two
/// readings of the other program, with an allowance for what happens between them.
@Suite("Collectors on the running host")
struct CollectorsLiveTests {
    private let host = HostReadings()

    @Test("the first sample has every part and every CPU figure, and no invented rates")
    func firstSample() throws {
        let sample = MetricsCollector(host: host).sample(parts: .all)
        let cpu = try #require(sample.cpu)
        let usage = try #require(cpu.usagePercent)
        #expect((0...100).contains(usage))
        #expect(cpu.coreUsage.allSatisfy { (0...100).contains($0) })
        #expect(abs(Int64(time(nil)) - sample.timestamp) <= 5)
        let disks = try #require(sample.disks)
        #expect(disks.allSatisfy { $0.readBytesPerSec == nil && $0.ioUtilPercent == nil })
        let interfaces = try #require(sample.networkInterfaces)
        #expect(interfaces.allSatisfy { $0.bytesRecvPerSec == nil })
        #expect(sample.memory != nil && sample.processes != nil && sample.load != nil)
    }

    @Test("only the wanted parts are read")
    func parts() {
        let collector = MetricsCollector(host: host)
        let sample = collector.sample(parts: MetricsParts(filters: ["cpu.usage_percent", "load", "unheard_of"]))
        #expect(sample.cpu != nil && sample.load != nil)
        #expect(sample.memory == nil && sample.disks == nil && sample.networkInterfaces == nil)
        #expect(sample.processes == nil)
        #expect(MetricsParts(filters: [String]()) == .all)
        #expect(MetricsParts(filters: ["network"]) == .network)
    }

    @Test("there are as many cores as are on line")
    func cores() throws {
        let online = text(of: "/proc/stat").split(separator: "\n").filter { $0.hasPrefix("cpu") }.count - 1
        let sample = try #require(CPUCollector(host: host).sample(at: monotonicNanoseconds(), staleAfter: 0))
        #expect(sample.coreUsage.count == online)
    }

    @Test("a busy process shows in the host's usage, among the busiest and in its task")
    func busyProcess() throws {
        let collector = MetricsCollector(host: host)
        let child = try #require(spawn(["/bin/sh", "-c", "while :; do :; done"]))
        defer { end(child) }
        let tasks = [TaskRoot(taskID: "busy", pid: child)]
        // A loaded machine may give the child little of its cores, and have others that are as busy.
        var isInTask = false
        var isAmongBusiest = false
        let found = waits(seconds: 20) {
            let sample = collector.sample(parts: [.cpu, .processes], tasks: tasks)
            let task = sample.processes?.taskProcesses.first { $0.pid == child && $0.memoryBytes > 0 }
            isInTask = isInTask || task?.cpuPercent ?? 0 > 0.5 && sample.cpu?.usagePercent ?? 0 > 0.5
            isAmongBusiest = isAmongBusiest || sample.processes?.top.contains { $0.pid == child } == true
            return isInTask && isAmongBusiest
        }
        #expect(found)
    }

    @Test("memory is what free says", .enabled(if: output(of: "command -v free") != nil))
    func memory() throws {
        let rows = try #require(output(of: "free -b -w")).split(separator: "\n")
        let row = rows[1].split(separator: " ").compactMap { UInt64($0) }
        let swap = rows[2].split(separator: " ").compactMap { UInt64($0) }
        let sample = try #require(MemoryCollector(host: host).sample())
        #expect(sample.totalBytes == row[0])
        // Other programs allocate and free between the two readings: builds do so by the gigabyte.
        let allowance = sample.totalBytes / 10
        #expect(try #require(sample.freeBytes).distance(from: row[2]) <= allowance)
        #expect(try #require(sample.cachedBytes).distance(from: row[5]) <= allowance)
        #expect(try #require(sample.availableBytes).distance(from: row[6]) <= allowance)
        #expect(sample.usedBytes == sample.totalBytes - sample.availableBytes!)
        #expect(sample.swapTotalBytes == swap[0])
    }

    @Test("disks are what df says")
    func disks() throws {
        let disks = try #require(DiskCollector(host: host).sample(at: monotonicNanoseconds(), staleAfter: 0))
        let root = try #require(disks.first { $0.mountPoint == "/" })
        let table = try #require(output(of: "df -B1 --output=source,fstype,size,used,avail,pcent /"))
        let row = table.split(separator: "\n")[1].split(separator: " ")
        #expect(root.device == row[0] && root.filesystem == row[1])
        #expect(root.totalBytes == UInt64(row[2]))
        // Files are written between the two readings.
        let allowance: UInt64 = 4 << 30
        #expect(try #require(root.usedBytes).distance(from: try #require(UInt64(row[3]))) <= allowance)
        #expect(try #require(root.availableBytes).distance(from: try #require(UInt64(row[4]))) <= allowance)
        // df rounds up.
        let percent = try #require(Double(row[5].dropLast()))
        #expect(abs(try #require(root.usagePercent) - percent) <= 3)
        #expect(Set(disks.map(\.mountPoint)).count == disks.count)
    }

    @Test("disk rates appear with the second sample, and show what is written")
    func diskRates() throws {
        let collector = DiskCollector(host: host)
        _ = collector.sample(at: monotonicNanoseconds(), staleAfter: seconds(60))
        let second = waits(seconds: 5) {
            let disks = collector.sample(at: monotonicNanoseconds(), staleAfter: seconds(60)) ?? []
            return disks.contains { $0.writeBytesPerSec != nil && (0...100).contains($0.ioUtilPercent ?? -1) }
        }
        let root = try #require(collector.sample(at: monotonicNanoseconds(), staleAfter: seconds(60))?.first)
        // An overlay or a ZFS dataset has no device of its own to have rates of.
        if root.device.hasPrefix("/dev/") { #expect(second) }
    }

    @Test("interfaces are those of /sys/class/net without the loopback")
    func interfaces() throws {
        let names = directoryNames("/sys/class/net").filter { name in
            name != "lo" && access("/sys/class/net/\(name)/statistics", R_OK) == 0
        }
        let sample = try #require(NetworkCollector(host: host).sample(at: 1, staleAfter: 0))
        #expect(sample.map(\.interface).sorted() == names)
    }

    @Test("processes are as many as ps sees", .enabled(if: output(of: "command -v ps") != nil))
    func processes() throws {
        // Tests run at the same time and start processes of their own.
        let agrees = waits(seconds: 10) {
            let before = output(of: "ps -e --no-headers | wc -l").flatMap { Int($0.trimmed) } ?? 0
            let sample = ProcessCollector(host: host)
                .sample(tasks: [], at: monotonicNanoseconds(), sinceBoot: nanosecondsSinceBoot())
            let difference = before - Int(sample?.total ?? 0)
            return abs(difference) <= 12 && sample?.running ?? 0 >= 1
        }
        #expect(agrees)
    }

    @Test("a zombie is counted as one")
    func zombie() throws {
        let child = try #require(spawn(["/bin/true"]))
        let seen = waits(seconds: 10) {
            let collector = ProcessCollector(host: host)
            let sample = collector.sample(tasks: [], at: monotonicNanoseconds(), sinceBoot: nanosecondsSinceBoot())
            return sample?.zombie ?? 0 >= 1
        }
        end(child)
        #expect(seen)
    }

    @Test("load averages are those of getloadavg")
    func load() throws {
        let agrees = waits(seconds: 10) {
            var averages = [0.0, 0.0, 0.0]
            guard getloadavg(&averages, 3) == 3, let sample = LoadCollector(host: host).sample() else { return false }
            return zip(averages, [sample.load1, sample.load5, sample.load15]).allSatisfy { abs($0 - $1) < 0.02 }
        }
        #expect(agrees)
    }
}

// MARK: - Support

/// Asks until the condition holds; false after the deadline.
private func waits(seconds limit: Double, for condition: () -> Bool) -> Bool {
    let deadline = monotonicNanoseconds() + seconds(limit)
    while monotonicNanoseconds() < deadline {
        if condition() { return true }
        usleep(20_000)
    }
    return false
}

/// Starts a process in a group of its own.
private func spawn(_ arguments: [String]) -> pid_t? {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var pid: pid_t = 0
    return posix_spawn(&pid, arguments[0], nil, &attributes, &argv, environ) == 0 ? pid : nil
}

private func end(_ pid: pid_t) {
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
}

extension UInt64 {
    fileprivate func distance(from other: UInt64) -> UInt64 { self > other ? self - other : other - self }
}

extension String {
    fileprivate var trimmed: Substring { self.drop { $0 == " " }.prefix { $0 != "\n" } }
}
