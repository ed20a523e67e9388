import Glibc
import Logging
import Reactor
import Synchronization

/// Keeps a state on disk: a snapshot, and a journal of what has been noted since, which costs one short write for each
/// note. Loop's thread only.
///
/// A journal belongs to a generation. A snapshot of generation G holds everything that was noted in the journals before
/// G: so there may be two journals after a crash, and both count. Notes survive the end of the process at once;
/// snapshots survive that of the host too.
final class StateJournal {
    private let loop: EventLoop
    private let log: Logger
    private let path: String
    /// Rises. A state that begins anew takes none that an older one can have had.
    private var generation = unixNanoseconds()
    private var journal: Int32 = -1
    private let order = WriteOrder()
    private var isWriting = false
    private var problemIsLogged = false

    /// - Parameter path: of the snapshot. The journals' have the generation added.
    init(loop: EventLoop, path: String, log: Logger) {
        self.loop = loop
        self.path = path
        self.log = log
        StateFile.makeDirectory(LogPatterns.directory(of: path))
    }

    deinit { if journal >= 0 { close(journal) } }

    /// What an earlier run has left; nil where there is nothing, or nothing that can be read.
    func load() -> (snapshot: String, journals: [String])? {
        guard let bytes = StateFile.contents(path) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let lineEnd = text.firstIndex(of: "\n"), let generation = UInt64(text[..<lineEnd]) else { return nil }
        var journals: [String] = []
        var next = generation
        while next < .max, let bytes = StateFile.contents(Self.journalPath(path, next)) {
            journals.append(String(decoding: bytes, as: UTF8.self))
            next += 1
        }
        self.generation = max(generation, next - 1)
        return (String(text[text.index(after: lineEnd)...]), journals)
    }

    /// Notes one record, a line without its break.
    func append(_ record: String) {
        guard journal >= 0 else { return }
        if let problem = StateFile.append(Array((record + "\n").utf8), to: journal) { report(problem) }
    }

    /// Replaces all that is on disk by `snapshot`, without waiting for the disk. Returns whether that has begun: not while
    /// an earlier one is being written.
    @discardableResult
    func checkpoint(_ snapshot: String) -> Bool {
        guard !isWriting, let write = prepare(snapshot) else { return false }
        isWriting = true
        offLoop(loop, work: write) { [weak self] in self?.finished($0) }
        return true
    }

    /// The same, and waits.
    func checkpointNow(_ snapshot: String) {
        guard let write = prepare(snapshot) else { return }
        if let problem = write() { report(problem) }
    }

    // MARK: -

    private func finished(_ problem: String?) {
        isWriting = false
        if let problem { report(problem) } else { problemIsLogged = false }
    }

    /// Begins the next journal. The answer writes the snapshot and removes the journals before it.
    private func prepare(_ snapshot: String) -> (@Sendable () -> String?)? {
        let next = generation + 1
        let descriptor = open(
            Self.journalPath(path, next), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            report(StateFile.lastError())
            return nil
        }
        if journal >= 0 { close(journal) }
        journal = descriptor
        generation = next
        let path = path
        let bytes = Array("\(next)\n\(snapshot)".utf8)
        return { [order] in
            order.newest.withLock { newest in
                guard next > newest else { return nil }
                if let problem = StateFile.replace(path, with: bytes) { return problem }
                newest = next
                var old = next
                while unlink(Self.journalPath(path, old - 1)) == 0 { old -= 1 }
                return nil
            }
        }
    }

    private static func journalPath(_ path: String, _ generation: UInt64) -> String { "\(path).journal.\(generation)" }

    private func report(_ problem: String) {
        guard !problemIsLogged else { return }
        problemIsLogged = true
        log.error("cannot keep the state: \(problem)", metadata: ["file": "\(path)"])
    }
}

/// One snapshot is written at a time, and none over a newer one.
private final class WriteOrder: Sendable {
    /// Generation of the snapshot on disk.
    let newest = Mutex<UInt64>(0)
}
