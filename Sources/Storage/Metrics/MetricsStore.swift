import GRDB
import Glibc
import Logging
package import Model
import Synchronization

/// Samples and health checks, and their history: in a file of its own (`metrics.db`) with a writer of its own, so that
/// its volume delays no change of the control plane, and so that the loss of it is the loss of a history only.
///
/// Every method may be called from any thread, loops included. Nothing here is acknowledged to an agent: what the disk
/// does not take is dropped and counted.
package final class MetricsStore: Sendable {
    let settings: MetricsSettings
    let pool: DatabasePool
    private let file: String
    private let writer: StoreWriter
    private let log: Logger
    private let refusedPoints = Mutex<UInt64>(0)
    /// When the retention ran, so that it comes once an hour.
    private let retention = Mutex<WallTime?>(nil)

    /// An agent's clock may be so much ahead.
    private static let futureTolerance: Milliseconds = 3_600_000

    /// Blocks. A damaged file is set aside.
    init(settings: StoreSettings, log: Logger) throws(StoreError) {
        self.settings = settings.metrics
        self.log = log
        file = settings.metricsFile
        pool = try Self.open(file, log: log)
        var writing = settings
        writing.batchDelay = settings.metrics.batchDelay
        writer = StoreWriter(pool: pool, file: file, settings: writing, log: log)
    }

    private static func open(_ file: String, log: Logger) throws(StoreError) -> DatabasePool {
        do {
            return try DatabaseFile.openPool(file, schema: .metrics)
        } catch {
            guard case .corrupt = error else { throw error }
            log.error(
                "the history of metrics is damaged and set aside; a new one begins",
                metadata: ["file": "\(file).corrupt", "error": "\(error)"])
            for suffix in LogSegment.suffixes { rename(file + suffix, file + suffix + ".corrupt") }
            return try DatabaseFile.openPool(file, schema: .metrics)
        }
    }

    // MARK: Writing

    /// Never blocks. A point from before what is kept, or more than an hour ahead of `now`, is dropped and counted.
    package func append(_ points: [MetricPoint], at now: WallTime) {
        let times = (now + (-settings.rawRetention))...(now + Self.futureTolerance)
        let rows = points.filter { times.contains($0.time) && !$0.values.isEmpty }.map { point in
            (
                agent: point.agent.text, time: point.time.millisecondsSince1970,
                data: MetricsCodec.encode([.init(time: point.time, values: point.values)])
            )
        }
        refusedPoints.withLock { $0 += UInt64(points.count - rows.count) }
        guard !rows.isEmpty else { return }
        enqueue { database in
            for row in rows { try MetricsTables.insert(row.data, of: row.agent, at: row.time, database) }
        }
    }

    /// Never blocks. The newest is kept for each agent; the history takes it if it says something new of services,
    /// containers or units, or if the last one there is `healthInterval` old.
    package func append(_ record: HealthRecord) {
        let interval = settings.healthInterval
        enqueue { try HealthTable.insert(record, interval: interval, $0) }
    }

    private func enqueue(_ apply: @escaping @Sendable (Database) throws -> Void) {
        writer.submit(WriteRequest(writes: [StoreWrite(essential: false, apply)]))
    }

    /// Returns when everything appended before has been tried.
    package func flush() async { await writer.flush() }

    func close() async {
        await writer.close()
        await pool.closeWhenRead()
    }

    // MARK: State

    package var health: StoreHealth { writer.health }
    package var counters: StoreCounters { writer.counters }
    /// Points that were too old, or too far ahead.
    package var refused: UInt64 { refusedPoints.withLock { $0 } }

    func observeHealth(_ observer: @escaping @Sendable (StoreHealth) -> Void) { writer.observeHealth(observer) }

    // MARK: Rolling up and retention

    /// Makes the rows of minutes and hours that are over, and removes what has been kept long enough. One at a time.
    func maintain(at now: WallTime) async throws(StoreError) {
        let steps = MetricsRollUp(store: self, now: now)
        try await steps.rollUp()
        guard isRetentionDue(at: now) else { return }
        try await steps.removeOld()
    }

    private func isRetentionDue(at now: WallTime) -> Bool {
        retention.withLock { last in
            // Whichever way the clock was set.
            let isDue = last.map { abs(now.millisecondsSince1970 - $0.millisecondsSince1970) >= 3_600_000 } ?? true
            if isDue { last = now }
            return isDue
        }
    }

    func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws(StoreError) {
        let outcome = await withCheckedContinuation { continuation in
            writer.submit(
                WriteRequest(writes: [StoreWrite(essential: false, body)]) { continuation.resume(returning: $0) })
        }
        if case .failed(let error) = outcome { throw error }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value
    {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError(error, file: file)
        }
    }
}
