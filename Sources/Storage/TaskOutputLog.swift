import Dispatch
import Glibc
import Logging
package import Model
import Synchronization

/// Totals since the start of the process, for the metrics page; all of them only rise.
package struct TaskOutputCounters: Sendable, Equatable {
    package var records: UInt64 = 0
    package var bytes: UInt64 = 0
    /// Calls of write(2).
    package var writes: UInt64 = 0
    package var failedWrites: UInt64 = 0
    /// Batches that were refused because the queue was full.
    package var refusedFull: UInt64 = 0
    /// Segments that left the retention.
    package var segmentsDropped: UInt64 = 0
}

/// Appends the output of tasks to their files, on a thread of its own.
///
/// What was completed without an error survives the end of the process at any moment; nothing is flushed to the medium,
/// so a loss of power may take the last seconds. When the disk fails (full, read-only, I/O error) the log is degraded:
/// it keeps its queue, tries again by itself, and completes late what it stored late; what the queue has no room for is
/// refused.
package final class TaskOutputLog: Sendable {
    /// `stored`: the highest number that is in the file.
    package typealias Completion = @Sendable (_ stored: Result<UInt64, StoreError>) -> Void

    struct Append: Sendable {
        var task: TaskID
        var batch: OutputBatch
        var completion: Completion
    }

    private struct State {
        var waiting: [Append] = []
        /// Of the waiting, and of those being written.
        var queuedBytes = 0
        var isDrainScheduled = false
        var isClosed = false
        var health = StoreHealth.healthy
        var counters = TaskOutputCounters()
        var observer: (@Sendable (StoreHealth) -> Void)?
        var isPacingWatched = false

        mutating func takeTurnToWatch() -> Bool {
            defer { isPacingWatched = true }
            return !isPacingWatched
        }
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sluice.store.output", qos: .default)
    private let files: TaskOutputFiles
    private let pacing: OutputPacing
    private let settings: StoreSettings
    private let log: Logger

    init(files: TaskOutputFiles, settings: StoreSettings, log: Logger) {
        self.files = files
        pacing = OutputPacing(files: files)
        self.settings = settings
        self.log = log
    }

    // MARK: Any thread

    /// Never blocks. The completion is called once: on the log's thread in the order of the calls for a task, or at
    /// once on the caller's when the queue has no room, which it always has for the end of a task. It waits for a fast
    /// reader that would lose lines if more came soon. Records that are stored already are skipped, so sending again is
    /// safe. A batch is never split over two segments.
    package func append(_ batch: OutputBatch, to task: TaskID, completion: @escaping Completion) {
        let refusal: StoreError? = state.withLock { state in
            if state.isClosed { return .closed }
            guard batch.hasFinal || hasRoom(for: batch.byteCount, state) else {
                state.counters.refusedFull += 1
                return .queueFull
            }
            state.queuedBytes += batch.byteCount
            state.waiting.append(Append(task: task, batch: batch, completion: completion))
            scheduleDrain(&state)
            return nil
        }
        if let refusal { completion(.failure(refusal)) }
    }

    /// Whether a batch of so many bytes would be taken. It stays so for the only producer until it appends.
    package func hasRoom(for bytes: Int) -> Bool { state.withLock { hasRoom(for: bytes, $0) } }

    private func hasRoom(for bytes: Int, _ state: State) -> Bool {
        state.queuedBytes + bytes <= settings.output.queueBytes || state.queuedBytes == 0
    }

    /// Tasks that wait for a fast reader.
    package var pacedTasks: Int { pacing.count }

    /// Bytes that wait.
    package var queuedBytes: Int { state.withLock { $0.queuedBytes } }
    package var health: StoreHealth { state.withLock { $0.health } }
    package var counters: TaskOutputCounters { state.withLock { $0.counters } }

    /// Removes all files of a task.
    package func remove(_ task: TaskID) async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.files.remove(task)
                continuation.resume()
            }
        }
    }

    /// Returns when everything appended before has been tried.
    func flush() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.drain()
                continuation.resume()
            }
        }
    }

    func close() async {
        state.withLock { $0.isClosed = true }
        await flush()
        let rest = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for append in rest { append.completion(.failure(.closed)) }
        await withCheckedContinuation { continuation in
            queue.async {
                self.pacing.releaseAll()
                continuation.resume()
            }
        }
    }

    /// Called on the log's thread after each change.
    func observeHealth(_ observer: @escaping @Sendable (StoreHealth) -> Void) {
        state.withLock { $0.observer = observer }
    }

    /// Under the lock. While degraded, the retry is what drains.
    private func scheduleDrain(_ state: inout State) {
        guard !state.isDrainScheduled, state.health == .healthy else { return }
        state.isDrainScheduled = true
        queue.async { self.drain() }
    }

    // MARK: On the queue

    private func drain() {
        while true {
            let round = state.withLock { state in
                state.isDrainScheduled = !state.waiting.isEmpty
                defer { state.waiting = [] }
                return state.waiting
            }
            if round.isEmpty || !store(round) { return }
        }
    }

    /// Each task's batches in one write. False when the disk failed.
    private func store(_ round: [Append]) -> Bool {
        var order: [TaskID] = []
        var appends: [TaskID: [Append]] = [:]
        for append in round {
            if appends[append.task] == nil { order.append(append.task) }
            appends[append.task, default: []].append(append)
        }
        for (index, task) in order.enumerated() {
            let group = appends[task] ?? []
            do {
                let stored = try files.append(group.map(\.batch), to: task)
                account(group)
                complete(group, of: task, stored: stored)
            } catch  where error.isTemporary {
                putBack(order[index...].flatMap { appends[$0] ?? [] })
                degrade(error)
                return false
            } catch {
                log.error("output of a task is not stored", metadata: ["task": "\(task)", "error": "\(error)"])
                account(group)
                for append in group { append.completion(.failure(error)) }
            }
        }
        recovered()
        return true
    }

    /// The group is through.
    private func account(_ group: [Append]) {
        state.withLock { state in
            state.queuedBytes -= group.reduce(0) { $0 + $1.batch.byteCount }
            state.counters.add(files.takeCounters())
        }
    }

    private func complete(_ group: [Append], of task: TaskID, stored: UInt64) {
        pacing.complete(group, of: task, stored: stored)
        watchPacing()
    }

    /// Looks after paced tasks for as long as there are any: one look is ahead at a time.
    private func watchPacing() {
        guard pacing.count > 0, state.withLock({ $0.takeTurnToWatch() }) else { return }
        queue.asyncAfter(deadline: .now() + Self.pacingInterval) {
            self.state.withLock { $0.isPacingWatched = false }
            self.pacing.releaseDue()
            self.watchPacing()
        }
    }

    private static let pacingInterval = DispatchTimeInterval.milliseconds(10)

    // MARK: Degraded, on the queue

    private func putBack(_ appends: [Append]) {
        state.withLock { $0.waiting.insert(contentsOf: appends, at: 0) }
    }

    private func degrade(_ error: StoreError) {
        let isNew = state.withLock { state in
            state.counters.failedWrites += 1
            state.isDrainScheduled = true  // by the retry
            defer { state.health = .degraded(error) }
            return state.health == .healthy
        }
        if isNew {
            log.critical("output of tasks is not stored; trying again", metadata: ["error": "\(error)"])
            notify(.degraded(error))
        }
        queue.asyncAfter(deadline: .now() + .milliseconds(settings.retryMinimum)) { self.drain() }
    }

    private func recovered() {
        let wasDegraded = state.withLock { state in
            defer { state.health = .healthy }
            return state.health != .healthy
        }
        guard wasDegraded else { return }
        log.notice("output of tasks is stored again")
        notify(.healthy)
    }

    private func notify(_ health: StoreHealth) { state.withLock { $0.observer }?(health) }
}

extension TaskOutputCounters {
    mutating func add(_ other: TaskOutputCounters) {
        records += other.records
        bytes += other.bytes
        writes += other.writes
        failedWrites += other.failedWrites
        refusedFull += other.refusedFull
        segmentsDropped += other.segmentsDropped
    }
}
