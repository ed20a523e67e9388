import Glibc
import Logging
import Model
import Reactor

/// Follows the journal by `journalctl -f -o json`, a child process, and is told its entries in pieces. Loop's thread only.
///
/// The child rather than libsystemd: the library would have to be loaded by name (a static program cannot), brings three
/// decompressors and libgcrypt into the agent's memory, and reads damaged journals in the agent's process and on its
/// loop. So an agent without `--journal` pays nothing, and one with it keeps its footprint: what reading costs is the
/// child's, and ends with it. journalctl ends by itself when its output is closed, so it does not outlive a killed agent.
final class JournalReader {
    /// A longer entry, as JSON, is left out. Binary fields take four bytes for one.
    static let maximumEntry = 4 << 20

    enum Item {
        case entry(JournalEntry)
        /// One that was too long to be read.
        case leftOut(bytes: Int)
    }

    private let loop: EventLoop
    private let log: Logger
    /// For `journalctl`, behind what it is always started with.
    private let matches: [String]
    /// Items of one read, in order. Whoever has no room for more sets `isPaused`.
    private let onItems: ([Item]) -> Void
    private let environment = TaskEnvironment.inherited()
    /// Where the next child begins.
    private var position: JournalPosition
    private var process: ChildProcess?
    private var exit: ProcessExit?
    private var pending: [UInt8] = []
    /// Bytes of an entry that is being left out.
    private var skipped: Int?
    private var errors: [UInt8] = []
    private var backoff = Backoff(generator: SystemRandomNumberGenerator())
    private var restart: LoopTimer?
    private var problemIsLogged = false

    init(
        loop: EventLoop, log: Logger, from position: JournalPosition, matches: [String] = [],
        _ onItems: @escaping ([Item]) -> Void
    ) {
        self.loop = loop
        self.log = log
        self.position = position
        self.matches = matches
        self.onItems = onItems
    }

    deinit { stop() }

    /// While paused the child waits, and the entries with it.
    var isPaused = false {
        didSet { process?.isPaused = isPaused }
    }

    func start() {
        let arguments =
            [
                "journalctl", "--follow", "--output=json", "--all", "--no-pager", "--quiet", "--no-tail",
                "--output-fields=\(JournalEntry.fields.joined(separator: ","))", position.argument,
            ] + matches
        pending = []
        skipped = nil
        errors = []
        exit = nil
        do {
            let process = try ChildProcess(
                loop: loop, arguments: arguments.map { Array($0.utf8) }, environment: environment.variables,
                directory: "/")
            self.process = process
            // unowned: the process belongs to this object, which releases it.
            try process.start(
                .init(
                    output: { [unowned self] in take($1, of: $0) }, endOfOutput: { [unowned self] _ in finish() },
                    exit: { [unowned self] in
                        exit = $0
                        finish()
                    }))
            process.isPaused = isPaused
        } catch {
            ended((error as? SpawnError)?.sentence ?? "\(error)")
        }
    }

    func stop() {
        restart = nil
        process?.kill()
        process?.release()
        process = nil
    }

    // MARK: -

    private func take(_ bytes: UnsafeRawBufferPointer, of stream: OutputStream) {
        guard stream == .stdout else {
            errors += bytes.prefix(max(0, 500 - errors.count))
            return
        }
        var items: [Item] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            if let item = item(endingWith: rest[..<end]) { items.append(item) }
            rest = rest[(end + 1)...]
        }
        keep(rest)
        guard !items.isEmpty else { return }
        backoff.reset()
        problemIsLogged = false
        if case .entry(let last)? = items.last(where: { if case .entry = $0 { true } else { false } }) {
            position = .after(cursor: last.cursor)
        }
        onItems(items)
    }

    private func item(endingWith end: Slice<UnsafeRawBufferPointer>) -> Item? {
        if let skipped {
            self.skipped = nil
            return .leftOut(bytes: skipped + end.count)
        }
        pending += end
        defer { pending.removeAll(keepingCapacity: pending.capacity <= 64 << 10) }
        return JournalEntry(line: pending).map(Item.entry)
    }

    private func keep(_ rest: Slice<UnsafeRawBufferPointer>) {
        if let skipped {
            self.skipped = skipped + rest.count
        } else if pending.count + rest.count > Self.maximumEntry {
            skipped = pending.count + rest.count
            pending = []
        } else {
            pending += rest
        }
    }

    private func finish() {
        guard let process, process.outputHasEnded, let exit else { return }
        let said = String(decoding: errors, as: UTF8.self).split(separator: "\n").first.map(String.init)
        ended(said ?? "journalctl ended with \(exit.code)")
    }

    /// It is started again, for ever: the journal may come back.
    private func ended(_ why: String) {
        process?.release()
        process = nil
        if !problemIsLogged {
            problemIsLogged = true
            log.warning("the journal cannot be followed, and is tried again: \(why)")
        }
        restart = loop.schedule(after: .milliseconds(1000 + backoff.next())) { [unowned self] in
            start()  // unowned: the timer ends with this object
        }
    }
}
