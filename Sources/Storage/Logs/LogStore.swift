import Logging
package import Model

/// Logs and system events, in files of their own (`logs/00000001.db`, …): each a segment that is written until it is
/// full, read, and at last removed as a whole, so that nothing is ever deleted row by row and nothing needs a VACUUM.
///
/// Every method may be called from any thread, loops included: `append` never blocks, the async ones suspend. What was
/// completed without an error survives the end of the process at any moment, together with its position.
package final class LogStore: Sendable {
    package typealias Completion = @Sendable (Result<StoredBatch, StoreError>) -> Void

    let segments: LogSegments
    let settings: LogSettings
    private let writer: LogWriter
    private let threads: SearchThreads

    /// Blocks.
    init(settings: StoreSettings, log: Logger) throws(StoreError) {
        self.settings = settings.logs
        segments = LogSegments(directory: settings.logDirectory)
        let appender = try LogAppender(segments: segments, settings: settings.logs, log: log)
        writer = LogWriter(appender: appender, segments: segments, settings: settings, log: log)
        threads = SearchThreads(count: settings.logs.searchThreads, capacity: settings.logs.searchQueue)
        writer.count { $0.segmentsSetAside = UInt64(appender.setAsideAtStart) }
    }

    // MARK: Writing

    /// Never blocks. The completion is called once: on the writer's thread when the batch is in the file, or at once on
    /// the caller's when it is refused (`queueFull`, `closed`). While the disk fails, what was taken waits and is
    /// completed late. A batch whose position is stored already is completed without being written again.
    ///
    /// After a refusal, whoever sends a stream with positions has to go on from the batch that was refused: a later one
    /// would say that the earlier is stored too.
    package func append(_ batch: LogBatch, completion: Completion? = nil) { writer.submit(batch, completion) }

    /// Where the agents' streams stand, at the start and at any time; at most one for each agent and type.
    package func positions() -> [StreamPosition] { writer.positions }

    /// Returns when everything appended before has been tried.
    package func flush() async { await writer.flush() }

    func close() async { await writer.close() }

    // MARK: State

    package var health: StoreHealth { writer.health }
    package var counters: LogCounters { writer.counters }
    /// Bytes that wait for the writer.
    package var queuedBytes: Int { writer.queuedBytes }
    /// Bytes of all segments on disk.
    package var byteCount: Int { segments.all.reduce(0) { $0 + $1.byteCount } }
    /// Of the newest line that was stored; `zero` when there is none.
    package var lastNumber: LogNumber {
        for segment in segments.all.reversed() {
            let last = segment.summary.lastLine
            if last > 0 { return LogNumber(segment: segment.number, id: last) }
        }
        return .zero
    }

    func observeHealth(_ observer: @escaping @Sendable (StoreHealth) -> Void) { writer.observeHealth(observer) }

    // MARK: Retention

    /// Begins a new segment when the newest is old, and removes the oldest while they are too old or too large.
    func maintain(at now: WallTime) async {
        await writer.rotateIfDue(at: now)
        while let segment = nextToRemove(at: now) {
            guard segments.drop(segment) else { continue }
            segment.remove()
            writer.count { $0.segmentsRemoved += 1 }
        }
    }

    private func nextToRemove(at now: WallTime) -> LogSegment? {
        let all = segments.all
        guard all.count > 1, let oldest = all.first else { return nil }
        // One that could not be sealed, on a full disk for example, has to go all the same.
        if oldest.summary.sealed ?? oldest.created < now + (-settings.retention) { return oldest }
        return byteCount > settings.maximumBytes ? oldest : nil
    }

    // MARK: Reading

    /// On one of the search threads. A segment that is found damaged is set aside and left out; one that was removed
    /// meanwhile is left out.
    func search<Value: Sendable>(
        _ body: @escaping @Sendable (LogSegmentReader) throws -> Value
    ) async throws(StoreError) -> Value {
        writer.count { $0.searches += 1 }
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            threads.run(
                { continuation.resume(returning: self.outcome(of: body)) },
                orRefuse: { continuation.resume(returning: .failure(.queueFull)) })
        }
        return try result.get()
    }

    private func outcome<Value: Sendable>(
        of body: @Sendable (LogSegmentReader) throws -> Value
    ) -> Result<Value, StoreError> {
        let deadline = SearchDeadline(after: settings.searchTime)
        let reader = LogSegmentReader(segments: segments, settings: settings, deadline: deadline) { [writer] in
            writer.setAside($0, $1)
        }
        do {
            return .success(try body(reader))
        } catch {
            let failure = StoreError(error, file: segments.directory)
            if case .invalidQuery = failure { return .failure(failure) }
            guard deadline.isOver else { return .failure(failure) }
            writer.count { $0.searchesTooSlow += 1 }
            return .failure(.tooSlow(limit: settings.searchTime))
        }
    }
}
