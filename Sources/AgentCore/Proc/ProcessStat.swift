/// What `/proc/<pid>/stat` says of a process.
struct ProcessStat {
    /// The letter of its state: R, S, D, Z, T, I …
    var state: UInt8
    var parent: Int32
    var group: Int32
    var session: Int32
    /// CPU time since its start, in ticks, user and system, without that of its children.
    var ticks: UInt64
    var threads: UInt32
    /// When it started, in ticks since boot: with the pid, the identity of a process.
    var startTicks: UInt64
    var virtualBytes: UInt64
    var residentPages: UInt64
    var name: ProcessName

    /// `1234 (name) S 1 1234 1234 0 -1 4194560 …`; nil when a field is missing. A name may hold anything, `) R (` and
    /// line breaks included: it ends at the last parenthesis.
    init?(parsing file: inout ByteScanner) {
        guard file.take(upTo: UInt8(ascii: "(")) != nil, let name = file.take(upToLast: UInt8(ascii: ")")),
            let state = file.nextWord()?.first, let parent = file.nextInt(), let group = file.nextInt(),
            let session = file.nextInt()
        else { return nil }
        file.skipWords(7)  // tty, tpgid, flags and four counts of page faults
        guard let user = file.nextUInt(), let system = file.nextUInt() else { return nil }
        file.skipWords(4)  // times of children, priority, nice
        guard let threads = file.nextInt() else { return nil }
        file.skipWords(1)
        guard let startTicks = file.nextUInt(), let virtualBytes = file.nextUInt(), let pages = file.nextInt() else {
            return nil
        }
        self.state = state
        self.parent = Int32(clamping: parent)
        self.group = Int32(clamping: group)
        self.session = Int32(clamping: session)
        let (ticks, tooLarge) = user.addingReportingOverflow(system)
        self.ticks = tooLarge ? .max : ticks
        self.threads = UInt32(clamping: threads)
        self.startTicks = startTicks
        self.virtualBytes = virtualBytes
        residentPages = UInt64(max(0, pages))
        self.name = ProcessName(name)
    }
}

/// The name of a process, kept without an allocation: the kernel's are 15 bytes, those of its own threads up to 63, of
/// which the first 32 are kept.
struct ProcessName {
    private var bytes = InlineArray<32, UInt8>(repeating: 0)
    private var count: UInt8 = 0

    init(_ name: ByteScanner) {
        for byte in name.remaining.prefix(32) {
            bytes[Int(count)] = byte
            count += 1
        }
    }

    var text: String { String(decoding: (0..<Int(count)).lazy.map { bytes[$0] }, as: UTF8.self) }
}

/// What a process has read from storage and written to it: `/proc/<pid>/io`, which only its owner and root may read.
struct ProcessIO {
    var readBytes: UInt64?
    var writeBytes: UInt64?

    init(parsing file: inout ByteScanner) {
        while var line = file.nextLine() {
            if line.skip("read_bytes:") {
                readBytes = line.nextUInt()
            } else if line.skip("write_bytes:") {
                writeBytes = line.nextUInt()
            }
        }
    }
}
