import Glibc
import Model
import Testing

@testable import AgentCore

@Suite("What system events are made of")
struct EventParsingTests {
    @Test("a record of the kernel's log")
    func kernelMessage() throws {
        let record = "3,1525,261513418,-;I/O error, dev vdb, sector 8; op 0x0\n SUBSYSTEM=block\n DEVICE=b253:16\n"
        let message = try #require(KernelMessage(record))
        #expect(message.level == 3 && message.facility == 0 && message.sequence == 1525)
        #expect(message.text == "I/O error, dev vdb, sector 8; op 0x0")
        let fromUser = try #require(KernelMessage("30,7,12,c,caller=T1;systemd[1]: Started."))
        #expect(fromUser.level == 6 && fromUser.facility == 3)
        for nonsense in ["", ";", "a,1,2;b", "1,2", "1;text", "1,-2,3;text", "-1,2,3,-;x"] {
            #expect(KernelMessage(nonsense) == nil)
        }
    }

    @Test(
        "a kill for want of memory",
        arguments: [
            (
                "Out of memory: Killed process 4242 (java) total-vm:8123456kB, anon-rss:7123456kB, file-rss:0kB, "
                    + "shmem-rss:0kB, UID:1000 pgtables:15000kB oom_score_adj:0",
                "java", 4242, false, 7_123_456
            ),
            (
                "Memory cgroup out of memory: Killed process 99 (a (b) c) total-vm:10kB, anon-rss:5kB, file-rss:0kB",
                "a (b) c", 99, true, 5
            ),
            ("Killed process 5, UID 0, (old) total-vm:10kB, anon-rss:3kB, file-rss:0kB", "old", 5, false, 3),
            ("Out of memory: Killed process 7 (bare)", "bare", 7, false, nil),
        ] as [(String, String, UInt32, Bool, UInt64?)])
    func oomKill(_ text: String, _ process: String, _ pid: UInt32, _ isGroup: Bool, _ memory: UInt64?) throws {
        let kill = try #require(OutOfMemoryKill(text))
        #expect(kill.process == process && kill.pid == pid && kill.isGroupLimit == isGroup)
        #expect(kill.anonymousKiB == memory)
        #expect(kill.event.kind == .oomKill && kill.event.severity == .critical && kill.event.unit == process)
        #expect(kill.event.attributes.contains { $0 == ("pid", "\(pid)") })
    }

    @Test(
        "what only looks like one is none",
        arguments: [
            "", "Killed process", "Killed process x (y)", "Killed process 3 ",
            "mmap: Killed process  (1234): VmData 4 exceed data ulimit 1.", "Killed process , (x)", "Killed process  (",
            "Killed process 1 (2", "Killed process 3) (4",
        ])
    func noKill(_ text: String) {
        #expect(OutOfMemoryKill(text) == nil)
    }

    @Test("packages are gathered by what was done to them, each once")
    func packages() throws {
        var changes = PackageChanges()
        for line in [
            "2024-05-01 10:00:00 startup archives unpack", "2024-05-01 10:00:00 install curl:amd64 <none> 7.88",
            "2024-05-01 10:00:00 status half-installed curl:amd64 7.88", "2024-05-01 10:00:01 upgrade libc6:amd64 1 2",
            "2024-05-01 10:00:01 upgrade libc6:i386 1 2", "2024-05-01 10:00:02 remove vim:all 9 <none>",
            "2024-05-01 10:00:02 purge vim:all 9 <none>", "nonsense", "2024-05-01 10:00:02 install",
        ] {
            changes.take(line)
        }
        let event = try #require(changes.event)
        #expect(event.message == "packages were changed: installed curl; upgraded libc6; removed vim")
        #expect(
            event.attributes.elementsEqual(
                [("count", "3"), ("installed", "curl"), ("upgraded", "libc6"), ("removed", "vim")], by: ==))
        #expect(PackageChanges().event == nil)
    }

    @Test("a thousand packages are counted, not all named")
    func manyPackages() throws {
        var changes = PackageChanges()
        for number in 0..<1000 { changes.take("2024-05-01 10:00:00 install p\(number):all <none> 1") }
        let event = try #require(changes.event)
        #expect(event.message == "packages were changed: installed p0, p1, p2, p3, p4 and 45 more")
        #expect(event.attributes.first.map { $0.value } == "1000")
    }

    @Test("a record of a login")
    func login() throws {
        let record = loginRecord(type: USER_PROCESS, user: "ada", line: "pts/3", host: "192.0.2.7")
        let login = try #require(record.withUnsafeBytes { LoginRecord($0, isFailure: false) })
        #expect(login == LoginRecord(user: "ada", line: "pts/3", host: "192.0.2.7"))
        let event = login.event(isFailure: false)
        #expect(event.kind == .login && event.unit == "ada" && event.message == "ada logged in from 192.0.2.7")
        let failed = login.event(isFailure: true, suppressed: 8)
        #expect(failed.kind == .loginFailed && failed.severity == .warning)
        #expect(failed.attributes.contains { $0 == ("suppressed", "8") })
        let full = loginRecord(
            type: USER_PROCESS, user: String(repeating: "u", count: 32), line: "",
            host: String(repeating: "h", count: 256))
        let whole = try #require(full.withUnsafeBytes { LoginRecord($0, isFailure: false) })
        #expect(whole.user.count == 32 && whole.host.count == 256)
        let logout = loginRecord(type: DEAD_PROCESS, user: "", line: "pts/3", host: "")
        #expect(logout.withUnsafeBytes { LoginRecord($0, isFailure: false) } == nil)
        #expect([1, 2, 3].withUnsafeBytes { LoginRecord($0, isFailure: false) } == nil)
    }

    @Test("a file system is reported when it crosses a mark, and again only after it fell well below")
    func filling() {
        var watch = FillingWatch()
        func look(_ percent: Double) -> [HostEvent.Severity] {
            watch.look([(mountPoint: "/data", percent: percent)]).map(\.severity)
        }
        #expect(look(89.9) == [])
        #expect(look(90) == [.warning])
        #expect(look(94) == [] && look(89) == [] && look(90.5) == [])
        #expect(look(95.1) == [.critical])
        #expect(look(93.5) == [] && look(96) == [])
        #expect(look(92) == [] && look(95) == [.critical])
        #expect(look(50) == [] && look(99) == [.critical])
        _ = watch.look([])
        #expect(watch.levels.isEmpty)
        var restored = FillingWatch(levels: ["/data": 1])
        let events = restored.look([(mountPoint: "/data", percent: 91)])
        #expect(events.isEmpty)
    }

    @Test("the clock has jumped when it moved otherwise than time did")
    func clock() throws {
        var watch = ClockWatch()
        let steady = [
            watch.look(unix: 1_000_000_000_000, sinceBoot: 50_000_000_000),
            watch.look(unix: 1_010_000_000_000, sinceBoot: 60_000_000_000),
            watch.look(unix: 1_024_900_000_000, sinceBoot: 70_000_000_000),
        ]
        #expect(steady.allSatisfy { $0 == nil })
        let jump = watch.look(unix: 1_040_400_000_000, sinceBoot: 80_000_000_000)
        let forward = try #require(jump)
        #expect(forward.message == "the clock was set forward by 5.5 s" && forward.kind == .clockJump)
        let jumpBack = watch.look(unix: 950_400_000_000, sinceBoot: 90_000_000_000)
        let back = try #require(jumpBack)
        #expect(back.attributes.first.map { $0.value } == "-100.0")
    }

    @Test("a limited source passes some in a time, and counts the others")
    func rateLimit() {
        var limit = RateLimit(count: 2, window: 1000)
        func take(_ milliseconds: UInt64) -> Int? {
            limit.take(now: MonotonicTime(nanoseconds: milliseconds * 1_000_000))
        }
        #expect([take(1), take(2), take(3), take(900)] == [0, 0, nil, nil])
        #expect([take(1001), take(1002), take(1003)] == [2, 0, nil])
        #expect(take(5000) == 1)
    }

    @Test("a state is read again as it was written")
    func state() throws {
        var state = EventState()
        state.bootID = "3a1c-77"
        state.kernelSequence = 12
        state.origin = 9
        state.acknowledgedSeq = 4
        state.positions["/var/log/w tmp"] = .init(identity: FileIdentity(device: 1, inode: 2), offset: 768)
        state.diskLevels["/data disk"] = 2
        state.batches = [ReliableBatch(numbers: 5...7, payload: [0, 255, 16, 1])]
        #expect(EventState(text: state.text) == state)
        var later = try #require(EventState(text: state.text))
        later.apply(journal: "kernel 99\nbatch 8 8 0a\nkernel 100")
        #expect(later.kernelSequence == 99 && later.batches.count == 2)
        for broken in [
            "", "sluice-events 1\n", state.text + "x\n", state.text + "batch 8 8 0", String(state.text.dropLast()),
        ] {
            #expect(EventState(text: broken) == nil)
        }
    }
}

/// As login(1) writes it.
func loginRecord(type: Int32, user: String, line: String, host: String) -> [UInt8] {
    var record = utmp()
    record.ut_type = Int16(type)
    func set<Field>(_ field: inout Field, _ text: String) {
        withUnsafeMutableBytes(of: &field) { $0.copyBytes(from: text.utf8.prefix($0.count)) }
    }
    set(&record.ut_user, user)
    set(&record.ut_line, line)
    set(&record.ut_host, host)
    return withUnsafeBytes(of: &record) { Array($0) }
}
