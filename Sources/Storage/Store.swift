import Dispatch
import GRDB
import Glibc
package import Logging
package import Model
import Synchronization

/// What the gateway keeps: an SQLite file of the control plane and one of metrics, a directory of output files for the tasks,
/// and one of logs.
///
/// Every method may be called from any thread, loops included: the async ones suspend, `enqueue` never blocks. A write
/// that was awaited without an error survives the end of the process at any moment.
package final class Store: Sendable {
    /// Output of tasks, to append.
    package let output: TaskOutputLog
    /// Output of tasks, to read.
    package let outputReader: TaskOutputReader
    /// Logs and system events.
    package let logs: LogStore
    /// Samples, health checks and their history.
    package let metrics: MetricsStore
    /// Number of this life of the gateway, from 1; differs after every start.
    package let epoch: UInt64

    let settings: StoreSettings
    let pool: DatabasePool
    private let writer: StoreWriter
    private let maintenance: Maintenance
    private let lock: DirectoryLock
    private let healthObserver = Mutex<HealthObserver?>(nil)

    /// Blocks: opens or makes the files, brings them to this version, counts the start. Called once, before the loops
    /// run. Throws `cannotOpen` also when another gateway has this directory.
    package static func open(_ settings: StoreSettings, log: Logger) throws(StoreError) -> Store {
        try FileSystem.makeDirectory(settings.taskDirectory)
        let lock = try DirectoryLock(directory: settings.directory)
        let pool = try DatabaseFile.openPool(settings.databaseFile)
        do {
            let epoch = try pool.write { database in
                try database.execute(sql: "UPDATE meta SET value = value + 1 WHERE key = 'epoch'")
                return try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'epoch'") ?? 1
            }
            return Store(
                settings: settings, pool: pool, logs: try LogStore(settings: settings, log: log),
                metrics: try MetricsStore(settings: settings, log: log), lock: lock, epoch: UInt64(epoch), log: log)
        } catch {
            throw StoreError(error, file: settings.databaseFile)
        }
    }

    private init(
        settings: StoreSettings, pool: DatabasePool, logs: LogStore, metrics: MetricsStore, lock: DirectoryLock,
        epoch: UInt64,
        log: Logger
    ) {
        self.settings = settings
        self.pool = pool
        self.logs = logs
        self.metrics = metrics
        self.lock = lock
        self.epoch = epoch
        writer = StoreWriter(pool: pool, file: settings.databaseFile, settings: settings, log: log)
        let catalogue = TaskOutputCatalogue(directory: settings.taskDirectory)
        let reading = FileCache(capacity: settings.output.openFiles, flags: O_RDONLY)
        let readers = OutputReaders(stretchTime: settings.output.stretchTime)
        let files = TaskOutputFiles(
            catalogue: catalogue, reading: reading, readers: readers, settings: settings.output)
        output = TaskOutputLog(files: files, settings: settings, log: log)
        outputReader = TaskOutputReader(catalogue: catalogue, files: reading, readers: readers)
        maintenance = Maintenance(
            settings: settings, pool: pool, writer: writer, output: output, logs: logs, metrics: metrics, log: log)
        maintenance.start()
    }

    // MARK: Writing

    /// Returns when all of it is in the file, and with it whatever was enqueued before; throws when none of it is. With
    /// an empty list it waits for the latter alone.
    package func write(_ writes: [StoreWrite]) async throws(StoreError) {
        let outcome = await withCheckedContinuation { continuation in
            writer.submit(WriteRequest(writes: writes) { continuation.resume(returning: $0) })
        }
        if case .failed(let error) = outcome { throw error }
    }

    /// Stored within milliseconds, together with others; what happens at the bound and while degraded is in
    /// `StoreSettings.queueCapacity` and `StoreWrite.isEssential`.
    package func enqueue(_ write: StoreWrite) { writer.submit(WriteRequest(writes: [write])) }

    /// Stored together or not at all.
    package func enqueue(_ writes: [StoreWrite]) { writer.submit(WriteRequest(writes: writes)) }

    /// Returns when everything enqueued before has been tried.
    package func flush() async {
        await writer.flush()
        await output.flush()
        await logs.flush()
        await metrics.flush()
    }

    /// Stores what waits, then refuses everything with `closed`.
    package func close() async {
        maintenance.stop()
        await output.close()
        await logs.close()
        await metrics.close()
        await writer.close()
        await pool.closeWhenRead()
        lock.release()
    }

    // MARK: State

    /// Degraded as soon as a database, the output files or the logs are.
    package var health: StoreHealth {
        [writer.health, output.health, logs.health, metrics.health].first { $0 != .healthy } ?? .healthy
    }
    package var counters: StoreCounters { writer.counters }
    /// Requests that wait for the writer.
    package var queued: Int { writer.queued }

    /// Called on the store's threads with `health`, now and after every change; not to be set from within.
    package func observeHealth(_ observer: @escaping @Sendable (StoreHealth) -> Void) {
        healthObserver.withLock { $0 = HealthObserver(tell: observer) }
        let changed: @Sendable (StoreHealth) -> Void = { [weak self] _ in self?.tellHealth() }
        output.observeHealth(changed)
        logs.observeHealth(changed)
        metrics.observeHealth(changed)
        writer.observeHealth(changed)
    }

    /// Under the lock, so that the last that is told is the last there was.
    private func tellHealth() {
        healthObserver.withLock { observer in
            let health = self.health
            guard observer?.told != health else { return }
            observer?.told = health
            observer?.tell(health)
        }
    }

    /// One run of the retention, which otherwise comes every `StoreSettings.maintenanceInterval`.
    package func runMaintenance(at now: WallTime) async { await maintenance.run(at: now) }

    // MARK: Reading

    /// On one of the readers' own threads.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value
    {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError(error, file: settings.databaseFile)
        }
    }
}

private struct HealthObserver {
    let tell: @Sendable (StoreHealth) -> Void
    var told: StoreHealth?
}
