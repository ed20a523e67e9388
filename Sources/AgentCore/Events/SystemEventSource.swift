import Glibc
import Logging
import Model
import Reactor

/// Watches the host for the reliable stream `system_events`: one small watch for each kind of source, and what they
/// report gathered, numbered and kept here. Runs from the start of the agent, whether a gateway is there or not. Loop's
/// thread only.
final class SystemEventSource {
    struct Settings {
        var root = HostRoot()
        /// Path of the state, without its suffix; nil: nothing is kept.
        var statePath: String?
        /// Of encoded events that are kept for a gateway that is away.
        var bound = 1 << 20
        /// What happens within it goes into the same frame.
        var gathering: Milliseconds = 250
        /// Between two looks at what does not announce itself.
        var lookPeriod: Duration = .seconds(10)
        /// From the first line of a run of the package manager to its event.
        var packageDelay: Duration = .seconds(2)
        var checkpointDelay: Duration = .seconds(1)
        /// The journal tells of units, and of what else cannot be read here.
        var readsJournal = false
    }

    /// Events of one frame; with so many the interval is not waited for.
    private static let maximumPending = 500

    let stream: ReliableStream
    private var state: EventState
    private let settings: Settings
    private let loop: EventLoop
    /// Nil where nothing is kept.
    private var kept: ReliableState?
    private let disks: DiskCollector
    private var pending: [HostEvent] = []
    private var lastFlush: MonotonicTime?

    private var kernelLog: KernelLog?
    private var journalReader: JournalReader?
    private var clock = ClockWatch()
    private var filling: FillingWatch
    private let logins: GrowingFile
    private let failedLogins: GrowingFile
    private let packages: GrowingFile
    private var failures = RateLimit(count: 10, window: 60_000)
    private var paths: PathWatch?
    private var lookTimer: LoopTimer?
    private var packageTimer: LoopTimer?
    private var flushTimer: LoopTimer?

    init(_ settings: Settings, host: HostReadings, loop: EventLoop, log: Logger) {
        self.settings = settings
        self.loop = loop
        let journal = settings.statePath.map { StateJournal(loop: loop, path: $0, log: log) }
        let known = Self.load(journal)
        var state = known ?? EventState()
        if state.origin == 0 { state.origin = ReliableQueue.randomOrigin() }
        stream = ReliableStream(queue: Self.queue(of: state, bound: settings.bound))
        disks = DiskCollector(host: host)
        filling = FillingWatch(levels: state.diskLevels)
        let files = ["/var/log/wtmp", "/var/log/btmp", "/var/log/dpkg.log"].map { path in
            let path = settings.root.path(path)
            return GrowingFile(path: path, position: state.positions[path])
        }
        (logins, failedLogins, packages) = (files[0], files[1], files[2])
        let bootID = host.buffer.firstLine(of: settings.root.path("/proc/sys/kernel/random/boot_id")) ?? ""
        let isSameBoot = known?.bootID == bootID
        let kernelSequence = isSameBoot ? state.kernelSequence : nil
        state.bootID = bootID
        self.state = state
        kept = journal.map {
            // What waits belongs to the places that a snapshot says were read. unowned: owned by this object.
            ReliableState($0, of: stream, loop: loop, delay: settings.checkpointDelay) { [unowned self] in
                flush()
                return snapshot
            }
        }
        stream.onAcknowledged = { [unowned self] in kept?.schedule() }  // unowned: owned by this object
        start(kernelSequence: kernelSequence)
        if settings.readsJournal { followJournal(log) }
        if known != nil { reportStart(isSameBoot: isSameBoot) }
        flush()
        kept?.writeNow()
    }

    // MARK: - The gateway

    func attach(_ output: StreamOutput, at position: ReliablePosition?, window: Int) {
        if !stream.attach(output, at: position, window: window) {
            flush()
            kept?.renumbered()
        }
        stream.flush()
    }

    /// A health check has found it. Where the journal is read, that has told of it before.
    func unitFailed(_ unit: FailedUnit) {
        guard journalReader == nil else { return }
        report(
            HostEvent(
                kind: .unitFailed, severity: .warning, unit: unit.name, message: "the unit \(unit.name) has failed",
                attributes: unit.detail.isEmpty ? [] : [("description", unit.detail)]))
    }

    /// The agent ends.
    func stop() {
        journalReader?.stop()
        flush()
        kept?.stop()
    }

    // MARK: - The sources

    private func followJournal(_ log: Logger) {
        let position = state.journal ?? .now
        state.journal = position
        let events = JournalEvents(
            includesKills: kernelLog == nil, includesLogins: access(logins.path, F_OK) != 0)
        // unowned: the reader belongs to this object.
        let reader = JournalReader(loop: loop, log: log, from: position, matches: events.matches) { [unowned self] in
            for case .entry(let entry) in $0 {
                state.journal = .after(cursor: entry.cursor)
                if let event = events.event(entry) { report(event) }
            }
        }
        journalReader = reader
        reader.start()
    }

    private func start(kernelSequence: UInt64?) {
        // unowned: all these end with this object.
        kernelLog = KernelLog(loop: loop, path: settings.root.path("/dev/kmsg"), after: kernelSequence) {
            [unowned self] in
            report($0)
        }
        paths = PathWatch(loop: loop, paths: [logins.path, failedLogins.path, packages.path]) { [unowned self] in
            changed($0)
        }
        lookTimer = loop.schedule(after: settings.lookPeriod, repeating: settings.lookPeriod) { [unowned self] in
            look()
        }
        look()
        for file in [logins, failedLogins, packages] { changed(file.path) }
    }

    private func reportStart(isSameBoot: Bool) {
        if isSameBoot {
            report(HostEvent(kind: .agentRestarted, severity: .info, message: "the agent was restarted"))
        } else {
            report(HostEvent(kind: .reboot, severity: .warning, message: "the host was started anew"))
        }
    }

    private func look() {
        if let jump = clock.look(unix: unixNanoseconds(), sinceBoot: nanosecondsSinceBoot()) { report(jump) }
        let usages = (disks.filesystems() ?? []).compactMap { filesystem in
            filesystem.sample.usagePercent.map { (mountPoint: filesystem.sample.mountPoint, percent: $0) }
        }
        for event in filling.look(usages) { report(event) }
    }

    private func changed(_ path: String) {
        switch path {
        case logins.path: readLogins(logins, isFailure: false)
        case failedLogins.path: readLogins(failedLogins, isFailure: true)
        default:
            guard packageTimer == nil else { return }
            packageTimer = loop.schedule(after: settings.packageDelay) { [unowned self] in
                packageTimer = nil
                readPackages()
            }
        }
    }

    private func readLogins(_ file: GrowingFile, isFailure: Bool) {
        file.readNew { bytes in
            var place = 0
            while place + LoginRecord.size <= bytes.count {
                let record = UnsafeRawBufferPointer(rebasing: bytes[place..<(place + LoginRecord.size)])
                place += LoginRecord.size
                guard let login = LoginRecord(record, isFailure: isFailure) else { continue }
                // Those who guess passwords do so thousands of times.
                let suppressed = isFailure ? failures.take(now: .now) : 0
                if let suppressed { report(login.event(isFailure: isFailure, suppressed: suppressed)) }
            }
            return place
        }
    }

    private func readPackages() {
        var changes = PackageChanges()
        packages.newLines { changes.take($0) }
        if let event = changes.event { report(event) }
    }

    // MARK: - Events

    /// One that this object or somebody else has found.
    func report(_ event: HostEvent) {
        pending.append(event)
        // Not on the spot: a file may be in the middle of being read.
        let isFull = pending.count == Self.maximumPending
        guard flushTimer == nil || isFull else { return }
        let age = isFull ? nil : lastFlush.map { MonotonicTime.now.milliseconds(since: $0) }
        flushTimer = loop.schedule(after: .milliseconds(max(0, settings.gathering - (age ?? settings.gathering)))) {
            [unowned self] in
            flushTimer = nil
            flush()
        }
    }

    /// Gives the events their numbers and notes them, before they can be sent.
    private func flush() {
        guard !pending.isEmpty else { return }
        lastFlush = .now
        let payload = HostEvent.payload(pending)
        let numbers = stream.append(payload, count: pending.count)
        pending = []
        noteState()
        let batch = ReliableBatch(numbers: numbers, payload: payload)
        let record = (state.placeLines + [EventState.record(batch)]).joined(separator: "\n")
        kept?.note(record, numbers: numbers)
        stream.flush()
        kept?.schedule()
    }

    // MARK: - State

    private static func load(_ journal: StateJournal?) -> EventState? {
        guard let stored = journal?.load(), var state = EventState(text: stored.snapshot) else { return nil }
        for journal in stored.journals { state.apply(journal: journal) }
        return state
    }

    private static func queue(of state: EventState, bound: Int) -> ReliableQueue {
        let first = state.batches.first?.numbers.lowerBound ?? .max
        var queue = ReliableQueue(
            origin: state.origin, bound: bound, acknowledged: min(state.acknowledgedSeq, first - 1))
        for batch in state.batches { queue.keep(batch) }
        queue.acknowledge(upTo: state.acknowledgedSeq)
        return queue
    }

    private func noteState() {
        state.kernelSequence = kernelLog?.sequence ?? 0
        for file in [logins, failedLogins, packages] { state.positions[file.path] = file.position }
        state.diskLevels = filling.levels
    }

    private var snapshot: String {
        noteState()
        state.origin = stream.queue.origin
        state.acknowledgedSeq = stream.queue.acknowledgedSeq
        state.batches = Array(stream.queue.kept)
        defer { state.batches = [] }
        return state.text
    }
}
