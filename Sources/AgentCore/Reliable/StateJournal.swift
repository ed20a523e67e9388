import Glibc
import Logging
import Reactor
import Synchronization

/// Keeps a state on disk: a snapshot, and a journal of what has been noted since, which costs one short write for each
/// note. Loop's thread only.
///
/// A journal belongs to a generation. A snapshot of generation G holds everything that was noted in the journals before
/// G: so there may be two journals after a crash, and both count. Notes survive the end of the process at once;
/// snapshots survive that of the host too. A note that the disk does not take leaves a hole that the notes after it
/// cannot be understood without: from then on none is taken before a snapshot holds them all.
final class StateJournal {
    private let loop: EventLoop
    private let log: Logger
    private let path: String
    /// Rises. A state that begins anew takes none that an older one can have had.
    private var generation = unixNanoseconds()
    private var journal: Int32 = -1
    /// Of the journal: whole records.
    private var length: Int64 = 0
    /// Of a snapshot that could not be written.
    private var failedGeneration: UInt64?
    /// Snapshots that were begun, and the last of them that was written.
    private var begun: UInt64 = 0
    private var written: UInt64 = 0
    /// So many had begun when a note was missed: a later one holds it.
    private var missed: UInt64 = 0
    private let order = WriteOrder()
    private var isWriting = false
    private var problemIsLogged = false

    /// An attempt of `checkpoint` has ended, well or not.
    var onWritten: () -> Void = {}
    /// There are notes that are not on disk. So it is before the first snapshot too.
    var isBehind: Bool { written <= missed }

    /// - Parameter path: of the snapshot. The journals' have the generation added.
    init(loop: EventLoop, path: String, log: Logger) {
        self.loop = loop
        self.path = path
        self.log = log
        StateFile.makeDirectory(parentDirectory(path))
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

    /// Notes one record, a line without its break. Returns whether it is on disk; else the next snapshot has to hold it.
    func append(_ record: String) -> Bool {
        let bytes = Array((record + "\n").utf8)
        guard !isBehind, journal >= 0 else {
            missed = begun
            return false
        }
        if let problem = StateFile.append(bytes, to: journal) {
            // Of a record that was written in part the next one would become a part.
            ftruncate(journal, off_t(length))
            missed = begun
            report(problem)
            return false
        }
        length += Int64(bytes.count)
        return true
    }

    /// Replaces all that is on disk by `snapshot`, without waiting for the disk. Returns whether that has begun: not while
    /// an earlier one is being written.
    @discardableResult
    func checkpoint(_ snapshot: String) -> Bool {
        guard !isWriting, let write = prepare(snapshot) else { return false }
        isWriting = true
        let (attempt, generation) = (begun, generation)
        offLoop(loop, work: write) { [weak self] problem in
            guard let self else { return }
            isWriting = false
            ended(attempt, generation, problem)
            onWritten()
        }
        return true
    }

    /// The same, and waits. Where it fails, the state is behind.
    func checkpointNow(_ snapshot: String) {
        guard let write = prepare(snapshot) else { return missed = begun }
        let problem = write()
        if problem != nil { missed = begun }
        ended(begun, generation, problem)
    }

    // MARK: -

    private func ended(_ attempt: UInt64, _ generation: UInt64, _ problem: String?) {
        if let problem {
            failedGeneration = generation
            return report(problem)
        }
        written = max(written, attempt)
        problemIsLogged = false
    }

    /// Begins the next journal. The answer writes the snapshot and removes the journals before it.
    private func prepare(_ snapshot: String) -> (@Sendable () -> String?)? {
        // Where the disk is full for days there is one empty journal, and not one for each attempt.
        let next = failedGeneration == generation && length == 0 ? generation : generation + 1
        let descriptor = open(
            Self.journalPath(path, next), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            report(StateFile.lastError())
            return nil
        }
        if journal >= 0 { close(journal) }
        journal = descriptor
        length = 0
        generation = next
        begun += 1
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
