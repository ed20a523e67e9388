import Logging
import Model
import Reactor

/// Makes the lines of the followed files into the reliable stream `log_aggregation`. The files are the spool: they are
/// read no faster than the gateway takes the lines, and not at all while nobody wants them. Loop's thread only.
final class LogSource {
    struct Settings {
        var patterns: [String]
        /// Patterns of the agent's own spools.
        var own: [String] = []
        /// Path of the state, without its suffix; nil: nothing is kept.
        var statePath: String?
        /// After this time a line without an end is taken as it is.
        var openLineDelay: Milliseconds = 1000
        /// From a change to the next snapshot of the state.
        var checkpointDelay: Duration = .seconds(1)
        var bound = ReliableStream.defaultBound
    }

    static let defaultInterval: Milliseconds = 250
    /// Lines are read until so many bytes wait to be sent.
    private static let readAhead = 128 << 10
    /// Of one file at one time. More than the longest line and its break.
    private static let chunk = 128 << 10

    let stream: ReliableStream
    let files: LogFiles
    private var ledger: LogLedger
    private let settings: Settings
    private let loop: EventLoop
    private let log: Logger
    /// Nil where nothing is kept.
    private var state: ReliableState?
    private let builder = LogBatchBuilder()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: LogSource.chunk, alignment: 16)
    private var interval = defaultInterval
    /// Lines have been sent a moment ago: those that come now gather.
    private var isResting = false
    /// The last line at the last rest.
    private var restedSeq: UInt64 = 0
    /// unowned: the timers end with this object.
    private lazy var turn = LoopTimer(loop: loop) { [unowned self] in turnCame() }
    private lazy var openLines = LoopTimer(loop: loop) { [unowned self] in lookAtOpenLines() }

    /// Finds out where each file stands.
    init(_ settings: Settings, loop: EventLoop, log: Logger) {
        self.settings = settings
        self.loop = loop
        self.log = log
        let journal = settings.statePath.map { StateJournal(loop: loop, path: $0, log: log) }
        let restored = LogRestoration(journal: journal, bound: settings.bound, log: log)
        ledger = restored.ledger ?? LogLedger(origin: ReliableQueue.randomOrigin(), patterns: [])
        stream = ReliableStream(
            queue: restored.queue ?? ReliableQueue(origin: ledger.origin, bound: settings.bound))
        let patterns = LogPatterns(patterns: settings.patterns, own: settings.own)
        files = LogFiles(loop: loop, patterns: patterns, log: log)
        let known = restored.ledger?.patterns ?? []
        ledger.patterns = settings.patterns + settings.own
        var isFirstScan = true
        state = journal.map {
            ReliableState($0, of: stream, loop: loop, delay: settings.checkpointDelay) { [unowned self] in
                snapshot  // unowned: owned by this object, like all that follow
            }
        }
        files.open = { [unowned self] in
            open($0, $1, fromEnd: isFirstScan && !LogPatterns.matches($0, known))
        }
        files.start(with: restored.files)
        isFirstScan = false
        files.onDirty = { [unowned self] in wake() }
        stream.onAcknowledged = { [unowned self] in acknowledged() }
        state?.onCaughtUp = { [unowned self] in wake() }
        state?.writeNow()
    }

    deinit { buffer.deallocate() }

    // MARK: - The gateway

    func attach(_ output: StreamOutput, at position: ReliablePosition?, window: Int, interval: Milliseconds?) {
        self.interval = interval ?? Self.defaultInterval
        if !stream.attach(output, at: position, window: window) {
            log.warning("the gateway has more log lines than this agent knows to have sent: they begin to count anew")
            ledger.renumber(origin: stream.queue.origin)
            state?.renumbered()
        }
        for file in files.files { file.isDirty = true }
        stream.flush()
        wake()
    }

    func update(interval: Milliseconds?) { self.interval = interval ?? Self.defaultInterval }

    /// There is room again on the way to the gateway.
    func drained() {
        stream.flush()
        wake()
    }

    /// The agent ends.
    func stop() { state?.stop() }

    private func acknowledged() {
        ledger.acknowledge(upTo: stream.queue.acknowledgedSeq)
        state?.schedule()
        wake()
    }

    /// Whether the gateway has every line of the file at this path, which has so many bytes.
    func hasDelivered(_ path: String, size: Int64) -> Bool {
        let found = files.files.filter { $0.path == path }
        return found.contains { $0.offset == size }
            && found.allSatisfy { $0.size == $0.offset && ledger.files[$0.id]?.acknowledged == $0.offset }
    }

    // MARK: - When to read

    /// There may be something to read, and room for it.
    private func wake() {
        guard !isResting, stream.isAttached, hasRoom, files.files.contains(where: \.isDirty) else { return }
        turn.start(after: .zero)
    }

    /// Not while lines wait for the disk: the files keep the others.
    private var hasRoom: Bool {
        !stream.isHeld && stream.queue.unsentBytes < Self.readAhead
            && stream.queue.byteCount + 2 * Self.chunk < settings.bound
    }

    private func turnCame() {
        isResting = false
        files.isPaused = false
        guard stream.isAttached else { return }
        readSome()
        if files.files.contains(where: \.isDirty) {
            // Where there is no room, an acknowledgement comes first.
            wake()
        } else if stream.queue.lastSeq != restedSeq {
            restedSeq = stream.queue.lastSeq
            rest()
        }
    }

    /// What comes in the next interval goes into the same frame.
    private func rest() {
        isResting = true
        files.isPaused = true
        turn.start(after: .milliseconds(interval))
    }

    private func lookAtOpenLines() {
        for file in files.files where file.openSince != nil { file.isDirty = true }
        wake()
    }

    // MARK: - Reading

    /// A piece of every file that has something.
    private func readSome() {
        let timestamp = Double(unixNanoseconds() / 1_000_000) / 1000
        for file in files.readable() where hasRoom { read(file, timestamp: timestamp) }
        seal()
        stream.flush()
    }

    private func read(_ file: FollowedFile, timestamp: Double) {
        if file.wasReplaced {
            restart(file)
            guard hasRoom else { return }
        }
        let count = file.read(into: buffer)
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        if file.updateFingerprint() { note(file) }
        var place = skipBreak(of: file, in: bytes)
        let base = file.offset - Int64(place)
        while let cut = LogLine.next(in: bytes, from: place) {
            guard makeRoom(for: cut.line.count, of: file) else { return }
            add(cut, of: file, in: bytes, base: base, timestamp: timestamp)
            file.endsOpen = false
            place = cut.end
        }
        guard count < buffer.count else { return }
        file.isDirty = false
        takeOpenLine(of: file, in: bytes, from: place, base: base, timestamp: timestamp)
    }

    /// The break of a line that was taken before it had one.
    private func skipBreak(of file: FollowedFile, in bytes: UnsafeRawBufferPointer) -> Int {
        guard file.endsOpen, let cut = LogLine.next(in: bytes, from: 0), cut.line.isEmpty, cut.end <= 2 else {
            return 0
        }
        file.endsOpen = false
        file.offset += Int64(cut.end)
        return cut.end
    }

    private func add(
        _ cut: LogLine.Cut, of file: FollowedFile, in bytes: UnsafeRawBufferPointer, base: Int64, timestamp: Double
    ) {
        let end = base + Int64(cut.end)
        builder.add(
            UnsafeRawBufferPointer(rebasing: bytes[cut.line]), of: file.path, file: file.id, part: file.offset..<end,
            continues: !file.endsOpen, timestamp: timestamp)
        file.offset = end
        file.openSince = nil
        if file.retiredAt != nil { file.retiredAt = .now }
    }

    /// What stands after the last line break waits for the next one, but not for long.
    private func takeOpenLine(
        of file: FollowedFile, in bytes: UnsafeRawBufferPointer, from place: Int, base: Int64, timestamp: Double
    ) {
        guard let cut = LogLine.next(in: bytes, from: place, atEnd: true) else {
            file.openSince = nil
            return
        }
        let now = MonotonicTime.now
        let waited = file.openSince.map { now.milliseconds(since: $0) } ?? 0
        guard file.openSince != nil, waited >= settings.openLineDelay, makeRoom(for: cut.line.count, of: file) else {
            file.openSince = file.openSince ?? now
            openLines.start(after: .milliseconds(max(1, settings.openLineDelay - waited)))
            return
        }
        add(cut, of: file, in: bytes, base: base, timestamp: timestamp)
        file.endsOpen = true
    }

    private func makeRoom(for line: Int, of file: FollowedFile) -> Bool {
        if builder.hasRoom(for: line, of: file.path) { return true }
        seal()
        return hasRoom
    }

    /// Gives the lines their numbers and notes them, before they can be sent.
    private func seal() {
        guard !builder.isEmpty else { return }
        let sealed = builder.seal()
        let batch = LogLedger.Batch(
            numbers: stream.append(sealed.payload, count: sealed.count), segments: sealed.segments)
        ledger.add(batch)
        state?.note(LogLedger.record(batch), numbers: batch.numbers)
    }

    // MARK: - Files

    private func open(_ path: String, _ identity: FileIdentity, fromEnd: Bool) -> FollowedFile? {
        let id = ledger.takeFileID()
        guard let file = FollowedFile(id: id, path: path, identity: identity, offset: fromEnd ? nil : 0) else {
            return nil
        }
        note(file)
        return file
    }

    private func restart(_ file: FollowedFile) {
        // What was taken of the old content goes out before the new one's.
        seal()
        file.restart(as: ledger.takeFileID())
        note(file)
    }

    private func note(_ file: FollowedFile) {
        let entry = LogLedger.File(
            id: file.id, path: file.path, identity: file.identity, fingerprint: file.fingerprint,
            acknowledged: file.offset)
        ledger.note(entry)
        state?.note(LogLedger.record(entry))
    }

    private var snapshot: String {
        ledger.forget(except: Set(files.files.map(\.id)))
        return ledger.text
    }
}
