import Glibc
import Testing

@testable import AgentCore

@Suite("Reading kernel files")
struct CollectorsParsingTests {
    @Test("numbers are read in place, and too large ones become the largest")
    func numbers() {
        scanning("  42\t-7 99999999999999999999999 3.25 x") { scanner in
            #expect(scanner.nextUInt() == 42)
            #expect(scanner.nextInt() == -7)
            #expect(scanner.nextUInt() == .max)
            #expect(scanner.nextDecimal() == 3.25)
            #expect(scanner.nextUInt() == nil)
            #expect(scanner.nextWord()?.text == "x")
            #expect(scanner.nextWord() == nil)
            #expect(scanner.isAtEnd)
        }
    }

    @Test("lines end at line breaks, the last one also at the end")
    func lines() {
        scanning("one\n\nlast") { scanner in
            #expect(scanner.nextLine()?.text == "one")
            #expect(scanner.nextLine()?.text == "")
            #expect(scanner.nextLine()?.text == "last")
            #expect(scanner.nextLine() == nil)
        }
    }

    @Test("guest time is not counted twice, and stolen time counts as used")
    func cpuLine() throws {
        let before = try #require(scanning("100 0 50 800 50 0 0 0 40 0") { CPUTimes(parsing: &$0) })
        let after = try #require(scanning("150 10 70 880 60 5 5 20 80 9") { CPUTimes(parsing: &$0) })
        let passed = after.since(before)
        #expect(passed.total == 200)
        #expect(passed.busy == 110)
    }

    @Test("a cpu line of an old kernel has four columns; a shorter one is none")
    func shortCPULine() {
        #expect(scanning("1 2 3 4") { CPUTimes(parsing: &$0) }?.total == 10)
        #expect(scanning("1 2 3") { CPUTimes(parsing: &$0) } == nil)
    }

    @Test("counters that go backwards count as no growth")
    func backwards() throws {
        let before = try #require(scanning("100 0 50 800 50") { CPUTimes(parsing: &$0) })
        let after = try #require(scanning("110 0 50 790 40") { CPUTimes(parsing: &$0) })
        #expect(after.since(before).total == 10)
        #expect(growth(from: .max - 1, to: 3) == 0)
    }

    @Test("a process name may hold parentheses, spaces and line breaks")
    func processName() throws {
        let line = "77 (a) R (b\n) S 1 70 60 0 -1 4194560 1 2 3 4 11 22 5 6 20 0 3 0 999 4096 25 184467\n"
        let stat = try #require(scanning(line) { ProcessStat(parsing: &$0) })
        #expect(stat.name.text == "a) R (b\n")
        #expect(stat.state == UInt8(ascii: "S"))
        #expect(stat.parent == 1 && stat.group == 70 && stat.session == 60)
        #expect(stat.ticks == 33)
        #expect(stat.threads == 3)
        #expect(stat.startTicks == 999)
        #expect(stat.virtualBytes == 4096)
        #expect(stat.residentPages == 25)
    }

    @Test("an escaped mount point is unescaped, and optional fields are stepped over")
    func mountLine() throws {
        let text = #"36 35 8:1 / /mnt/my\040disk\134x rw master:1 shared:2 - ext4 /dev/disk\040one rw"#
        try scanning(text) { scanner in
            let line = try #require(MountLine(parsing: &scanner))
            #expect(line.device == DeviceNumber(major: 8, minor: 1))
            #expect(String(decoding: MountLine.unescaped(line.mountPoint), as: UTF8.self) == #"/mnt/my disk\x"#)
            #expect(String(decoding: MountLine.unescaped(line.source), as: UTF8.self) == "/dev/disk one")
            #expect(line.filesystem.text == "ext4")
            #expect(line.isDisk)
        }
    }

    @Test(
        "what looks like an escape but is none stays as it is",
        arguments: [#"/a\"#, #"/a\04"#, #"/a\999b"#, #"/a\777b"#])
    func noEscape(_ field: String) {
        #expect(scanning(field) { String(decoding: MountLine.unescaped($0), as: UTF8.self) } == field)
    }

    @Test("device numbers are taken apart as the kernel puts them together")
    func deviceNumbers() {
        #expect(DeviceNumber(0x0801) == DeviceNumber(major: 8, minor: 1))
        #expect(DeviceNumber(0x1_2345_fd07) == DeviceNumber(major: 0x5fd, minor: 0x12_3407))
    }

    @Test("percentages stay within 0 and 100, and are absent without a whole")
    func percentages() {
        #expect(percent(1, of: 3) == 33.33)
        #expect(percent(5, of: 4) == 100)
        #expect(percent(-1, of: 4) == 0)
        #expect(percent(1, of: 0) == nil)
        #expect(perSecond(.max, over: 1) == UInt64(Int64.max))
    }

    @Test("a file that grows beyond the first buffer is read whole, one beyond the limit up to it")
    func longFiles() {
        let host = RecordedHost()
        for size in [0, 1, 16_384, 16_385, 300_000, ReadBuffer.limit + 5] {
            host.write("/long", [UInt8](repeating: UInt8(ascii: "x"), count: size))
            let contents = text(of: host.root.path("/long"))
            #expect(contents.utf8.count == min(size, ReadBuffer.limit))
        }
    }

    @Test("a file that disappears and comes back is found again")
    func reopening() {
        let host = RecordedHost()
        let file = HostFile(host.root.path("/proc/x"))
        let buffer = ReadBuffer()
        withExtendedLifetime(buffer) {
            #expect(file.read(into: buffer) == nil)
            host.write("/proc/x", "1")
            #expect(file.read(into: buffer)?.text == "1")
            host.write("/proc/x", "22")
            #expect(file.read(into: buffer)?.text == "22")
        }
    }
}
