import Dispatch
import Logging
import Model
import Synchronization

/// The only writer of the logs: a queue bounded in bytes in front of one serial queue that stores what has piled up as
/// one transaction. Apart from the writer of the control plane, so that no volume of logs delays that.
///
/// While the disk fails it keeps its queue, tries again by itself, and completes late what it stored late; what the
/// queue has no room for is refused.
final class LogWriter: Sendable {
    private struct State {
        var waiting: LogQueue
        var isDelayedDrainScheduled = false
        var isDrainImminent = false
        var isClosed = false
        var health = StoreHealth.healthy
        var counters = LogCounters()
        var observer: (@Sendable (StoreHealth) -> Void)?
    }

    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "sluice.store.logs", qos: .utility)
    private let appender: Mutex<LogAppender>
    private let segments: LogSegments
    private let settings: LogSettings
    private let retryMinimum: Milliseconds
    private let retryMaximum: Milliseconds
    private let log: Logger

    init(appender: LogAppender, segments: LogSegments, settings: StoreSettings, log: Logger) {
        state = Mutex(State(waiting: LogQueue(capacity: settings.logs.queueBytes)))
        self.appender = Mutex(appender)
        self.segments = segments
        self.settings = settings.logs
        retryMinimum = settings.retryMinimum
        retryMaximum = settings.retryMaximum
        self.log = log
    }

    var health: StoreHealth { state.withLock { $0.health } }
    var counters: LogCounters { state.withLock { $0.counters } }
    var queuedBytes: Int { state.withLock { $0.waiting.byteCount } }
    var positions: [StreamPosition] { appender.withLock { Array($0.positions.values) } }

    func count(_ change: (inout LogCounters) -> Void) { state.withLock { change(&$0.counters) } }

    /// Called on the writer's queue after each change, and once now.
    func observeHealth(_ observer: @escaping @Sendable (StoreHealth) -> Void) {
        let health = state.withLock { state in
            state.observer = observer
            return state.health
        }
        queue.async { observer(health) }
    }

    /// Never blocks. A batch that cannot be taken is answered at once, on the caller's thread.
    func submit(_ batch: LogBatch, _ completion: LogStore.Completion?) {
        let request = LogRequest(batch, completion)
        let refusal: StoreError? = state.withLock { state in
            if state.isClosed { return .closed }
            guard state.waiting.add(request) else {
                state.counters.refusedFull += 1
                return .queueFull
            }
            schedule(&state)
            return nil
        }
        if let refusal { completion?(.failure(refusal)) }
    }

    /// Returns when everything submitted before has been tried.
    func flush() async { await onQueue { self.drain() } }

    /// Takes nothing more, and tries what waits for the last time.
    func close() async {
        state.withLock { $0.isClosed = true }
        await flush()
        let lost = state.withLock { $0.waiting.takeAll() }
        if !lost.isEmpty {
            log.critical(
                "logs are lost: the store could not write them before its end", metadata: ["batches": "\(lost.count)"])
        }
        for request in lost { request.completion?(.failure(.closed)) }
        await onQueue { self.appender.withLock { $0.close() } }
    }

    /// Begins a new segment if the newest is old enough.
    func rotateIfDue(at now: WallTime) async { await onQueue { self.rotate(at: now) } }

    /// A segment that was found damaged: out of the way, whoever uses it. Any thread.
    func setAside(_ segment: LogSegment, _ error: StoreError) {
        queue.async { self.setAsideOnQueue(segment, error) }
    }

    private func onQueue(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            queue.async {
                body()
                continuation.resume()
            }
        }
    }

    /// Under the lock.
    private func schedule(_ state: inout State) {
        guard state.health == .healthy else { return }  // the retry will drain
        if state.waiting.lineCount >= settings.batchMaximumLines {
            guard !state.isDrainImminent else { return }
            state.isDrainImminent = true
            queue.async { self.drain() }
        } else if !state.isDelayedDrainScheduled {
            state.isDelayedDrainScheduled = true
            queue.asyncAfter(deadline: .now() + .milliseconds(settings.batchDelay)) { self.drain() }
        }
    }
}

// MARK: - On the queue

extension LogWriter {
    private func drain() {
        while let requests = takeRequests() {
            guard store(requests) else { return }
        }
    }

    /// Nil, and the next batch schedules a drain, when nothing waits.
    private func takeRequests() -> [LogRequest]? {
        state.withLock { state in
            let requests = state.waiting.take(lines: settings.batchMaximumLines)
            guard requests.isEmpty else { return requests }
            state.isDelayedDrainScheduled = false
            state.isDrainImminent = false
            return nil
        }
    }

    /// False when the logs are degraded after it.
    private func store(_ requests: [LogRequest], mayReplaceSegment: Bool = true) -> Bool {
        do {
            let stored = try appender.withLock { try $0.store(requests.map(\.batch)) }
            succeeded(requests, stored)
            rotate(at: .now())
            return true
        } catch {
            let error = StoreError(error, file: segments.directory)
            if mayReplaceSegment, case .corrupt = error, let newest = segments.all.last,
                setAsideOnQueue(newest, error)
            {
                return store(requests, mayReplaceSegment: false)
            }
            return handle(error, requests)
        }
    }

    /// False when the logs are degraded after it.
    private func handle(_ error: StoreError, _ requests: [LogRequest]) -> Bool {
        if error.concernsWholeStore {
            failed(requests, error)
            return false
        }
        if requests.count == 1 {
            refused(requests[0], error)
            return true
        }
        // One of them is at fault: each alone, so that it takes no other with it.
        for (index, request) in requests.enumerated() where !store([request]) {
            state.withLock { $0.waiting.putBack(requests[(index + 1)...]) }
            return false
        }
        return true
    }

    private func succeeded(_ requests: [LogRequest], _ stored: [StoredBatch]) {
        state.withLock { state in
            state.counters.transactions += 1
            for (request, stored) in zip(requests, stored) {
                state.waiting.done(request)
                guard !stored.isDuplicate else {
                    state.counters.duplicates += 1
                    continue
                }
                state.counters.lines += UInt64(request.batch.lines.count)
                state.counters.events += UInt64(request.batch.events.count)
            }
        }
        recovered()
        for (request, stored) in zip(requests, stored) { request.completion?(.success(stored)) }
    }

    private func refused(_ request: LogRequest, _ error: StoreError) {
        state.withLock { state in
            state.counters.refused += 1
            state.waiting.done(request)
        }
        log.error("logs were refused by the store", metadata: ["error": "\(error)"])
        request.completion?(.failure(error))
    }

    private func rotate(at now: WallTime) {
        do {
            try appender.withLock { try $0.rotateIfDue(at: now) }
        } catch {
            // The old segment is as good; the next transaction tries again.
            log.warning("no new segment of logs could be begun", metadata: ["error": "\(error)"])
        }
    }

    /// False when the segment is still in use.
    @discardableResult
    private func setAsideOnQueue(_ segment: LogSegment, _ error: StoreError) -> Bool {
        guard segments.contains(segment) else { return true }
        do {
            try appender.withLock { try $0.abandon(segment, at: .now()) }
        } catch {
            log.warning("no new segment of logs could be begun", metadata: ["error": "\(error)"])
            return false
        }
        guard segments.drop(segment) else { return true }
        segment.setAside()
        count { $0.segmentsSetAside += 1 }
        log.error(
            "a segment of logs is damaged and set aside; the others are used",
            metadata: ["file": "\(segment.path).corrupt", "error": "\(error)"])
        return true
    }

    // MARK: Degraded

    private func failed(_ requests: [LogRequest], _ error: StoreError) {
        state.withLock { $0.waiting.putBack(requests[...]) }
        let isNew = state.withLock { state in
            state.counters.failedTransactions += 1
            defer { state.health = .degraded(error) }
            guard state.health == .healthy else { return false }
            state.counters.degradations += 1
            return true
        }
        guard isNew else { return }
        log.critical(
            "logs cannot be stored; it is tried again by itself",
            metadata: ["directory": "\(segments.directory)", "error": "\(error)"])
        notify(.degraded(error))
        scheduleRetry(after: retryMinimum)
    }

    private func scheduleRetry(after delay: Milliseconds) {
        queue.asyncAfter(deadline: .now() + .milliseconds(delay)) { self.retry(delay) }
    }

    private func retry(_ delay: Milliseconds) {
        guard state.withLock({ $0.health != .healthy && !$0.isClosed }) else { return }
        do {
            // A transaction of its own, whether something waits or not: only a write shows that writes work again.
            try appender.withLock { try $0.probe() }
        } catch {
            state.withLock { state in
                state.counters.failedTransactions += 1
                state.health = .degraded(StoreError(error, file: segments.directory))
            }
            return scheduleRetry(after: min(delay * 2, retryMaximum))
        }
        recovered()
        drain()  // which, if it fails, begins again with degrading
    }

    private func recovered() {
        let isNew = state.withLock { state in
            defer { state.health = .healthy }
            return state.health != .healthy
        }
        guard isNew else { return }
        log.notice("logs are stored again", metadata: ["directory": "\(segments.directory)"])
        notify(.healthy)
    }

    private func notify(_ health: StoreHealth) { state.withLock { $0.observer }?(health) }
}
