import Dispatch
import GRDB
import Logging
import Synchronization

/// The only writer of a database in this process: a bounded queue in front of one serial queue that stores what has
/// piled up as one transaction.
final class StoreWriter: Sendable {
    private struct State {
        var waiting: [WriteRequest] = []
        /// A drain will come when the delay for company is over.
        var isDelayedDrainScheduled = false
        /// A drain is on its way or running; it goes on until the queue is empty.
        var isDrainImminent = false
        var isRetryScheduled = false
        var isClosed = false
        var health = StoreHealth.healthy
        var counters = StoreCounters()
        var observer: (@Sendable (StoreHealth) -> Void)?
    }

    private let state = Mutex(State())
    /// All transactions run here.
    private let queue = DispatchQueue(label: "sluice.store.writer", qos: .default)
    private let pool: DatabasePool
    private let file: String
    private let settings: StoreSettings
    private let log: Logger

    init(pool: DatabasePool, file: String, settings: StoreSettings, log: Logger) {
        self.pool = pool
        self.file = file
        self.settings = settings
        self.log = log
    }

    var health: StoreHealth { state.withLock { $0.health } }
    var counters: StoreCounters { state.withLock { $0.counters } }
    var queued: Int { state.withLock { $0.waiting.count } }

    /// Called on the writer's queue after each change, and once now.
    func observeHealth(_ observer: @escaping @Sendable (StoreHealth) -> Void) {
        let health = state.withLock { state in
            state.observer = observer
            return state.health
        }
        queue.async { observer(health) }
    }

    /// Never blocks. A request that cannot be taken is answered at once, on the caller's thread.
    func submit(_ request: WriteRequest) {
        let refusal: StoreError? = state.withLock { state in
            if let error = refuse(request, &state) { return error }
            state.waiting.append(request)
            let isUrgent = request.completion != nil || state.waiting.count >= settings.batchMaximumCount
            schedule(&state, after: isUrgent ? 0 : settings.batchDelay)
            return nil
        }
        if let refusal { request.completion?(.failed(refusal)) }
    }

    /// Runs when everything submitted before has been tried.
    func flush() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.drain()
                continuation.resume()
            }
        }
    }

    /// Takes nothing more, and tries what waits for the last time.
    func close() async {
        state.withLock { $0.isClosed = true }
        await flush()
        let lost = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        guard !lost.isEmpty else { return }
        log.critical(
            "changes are lost: the store could not write them before its end", metadata: ["count": "\(lost.count)"])
        for request in lost { request.completion?(.failed(.closed)) }
    }

    // MARK: Under the lock

    /// Why a request is not taken, counted.
    private func refuse(_ request: WriteRequest, _ state: inout State) -> StoreError? {
        if state.isClosed { return .closed }
        if case .degraded(let error) = state.health {
            // Whoever waits learns at once; what nobody waits for is kept if it matters.
            if request.completion != nil { return error }
            if !request.isEssential {
                state.counters.droppedDegraded += UInt64(request.writes.count)
                return error
            }
        }
        guard state.waiting.count < settings.queueCapacity else {
            state.counters.droppedFull += UInt64(request.writes.count)
            return .queueFull
        }
        return nil
    }

    private func schedule(_ state: inout State, after delay: Int) {
        guard state.health == .healthy else { return }  // the retry will drain
        if delay == 0 {
            // With a delayed drain also scheduled this makes two, and the later one finds nothing: cheaper than a
            // timer that can be cancelled.
            guard !state.isDrainImminent else { return }
            state.isDrainImminent = true
            queue.async { self.drain() }
        } else if !state.isDelayedDrainScheduled {
            state.isDelayedDrainScheduled = true
            queue.asyncAfter(deadline: .now() + .milliseconds(delay)) { self.drain() }
        }
    }

    // MARK: On the queue

    private func drain() {
        while let batch = takeBatch() {
            guard store(batch) else { return }
        }
    }

    /// Nil, and the next request schedules a drain, when nothing waits.
    private func takeBatch() -> [WriteRequest]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isDelayedDrainScheduled = false
                state.isDrainImminent = false
                return nil
            }
            let batch = Array(state.waiting.prefix(settings.batchMaximumCount))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    /// False when the store is degraded after it.
    private func store(_ batch: [WriteRequest]) -> Bool {
        guard let error = transaction(batch) else {
            succeeded(batch)
            return true
        }
        if error.concernsWholeStore {
            failed(batch, error)
            return false
        }
        if batch.count == 1 {
            refused(batch[0], error)
            return true
        }
        // One of them is at fault: each alone, so that it takes no other with it.
        for (index, request) in batch.enumerated() where !store([request]) {
            putBack(batch[(index + 1)...], error)
            return false
        }
        return true
    }

    private func transaction(_ batch: [WriteRequest]) -> StoreError? {
        do {
            try pool.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    for request in batch { try request.apply(database) }
                    return .commit
                }
            }
            return nil
        } catch {
            return StoreError(error, file: file)
        }
    }

    private func succeeded(_ batch: [WriteRequest]) {
        let recovered = state.withLock { state in
            state.counters.transactions += 1
            state.counters.written += batch.reduce(0) { $0 + UInt64($1.writes.count) }
            defer { state.health = .healthy }
            return state.health != .healthy
        }
        for request in batch { request.completion?(.stored) }
        guard recovered else { return }
        log.notice("the store works again", metadata: ["file": "\(file)"])
        notify(.healthy)
    }

    private func refused(_ request: WriteRequest, _ error: StoreError) {
        state.withLock { $0.counters.refused += UInt64(request.writes.count) }
        if let completion = request.completion {
            completion(.failed(error))
        } else {
            log.error("a change was refused by the store", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Degraded, on the queue

    private func failed(_ batch: [WriteRequest], _ error: StoreError) {
        let isNew = state.withLock { state in
            state.counters.failedBatches += 1
            defer { state.health = .degraded(error) }
            guard state.health == .healthy else { return false }
            state.counters.degradations += 1
            return true
        }
        putBack(batch[...], error)
        if isNew {
            log.critical(
                "the store takes no writes; it tries again by itself",
                metadata: ["file": "\(file)", "error": "\(error)"])
            notify(.degraded(error))
        }
        scheduleRetry(after: settings.retryMinimum)
    }

    /// What matters and nobody waits for goes back to the head of the queue; the rest is answered or dropped.
    private func putBack(_ batch: ArraySlice<WriteRequest>, _ error: StoreError) {
        state.withLock { state in
            let kept = batch.filter { $0.completion == nil && $0.isEssential }
            let dropped = batch.filter { $0.completion == nil && !$0.isEssential }
            state.waiting.insert(contentsOf: kept, at: 0)
            state.counters.droppedDegraded += dropped.reduce(0) { $0 + UInt64($1.writes.count) }
        }
        for request in batch { request.completion?(.failed(error)) }
    }

    private func scheduleRetry(after delay: Int) {
        let isFirst = state.withLock { state in
            defer { state.isRetryScheduled = true }
            return !state.isRetryScheduled
        }
        guard isFirst else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(delay)) { self.retry(delay) }
    }

    private func retry(_ delay: Int) {
        let isDegraded = state.withLock { state in
            state.isRetryScheduled = false
            return state.health != .healthy && !state.isClosed
        }
        guard isDegraded else { return }
        // A transaction of its own, whether something waits or not: only a write shows that writes work again.
        if let error = transaction([Self.probe]) {
            state.withLock { state in
                state.counters.failedBatches += 1
                state.health = .degraded(error)
            }
            scheduleRetry(after: min(delay * 2, settings.retryMaximum))
        } else {
            succeeded([])
            drain()
        }
    }

    private static let probe = WriteRequest(
        writes: [StoreWrite { try $0.execute(sql: "UPDATE meta SET value = value + 1 WHERE key = 'probe'") }])

    private func notify(_ health: StoreHealth) { state.withLock { $0.observer }?(health) }
}
