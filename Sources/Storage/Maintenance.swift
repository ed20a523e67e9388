import Dispatch
import GRDB
import Glibc
import Logging
import Model
import Synchronization

/// Retention, in steps so small that no write waits for one.
final class Maintenance: Sendable {
    private let settings: StoreSettings
    private let pool: DatabasePool
    private let writer: StoreWriter
    private let output: TaskOutputLog
    private let logs: LogStore
    private let metrics: MetricsStore
    private let log: Logger
    private let queue = DispatchQueue(label: "sluice.store.maintenance", qos: .utility)
    private let timer = Mutex<RepeatingTimer?>(nil)
    /// A run of the timer is under way.
    private let isRunning = Mutex(false)

    private static let auditStep = 1_000
    private static let taskStep = 50
    private static let recordStep = 500
    /// For those who look what was silent.
    private static let silenceRetention = 24 * 3_600_000

    init(
        settings: StoreSettings, pool: DatabasePool, writer: StoreWriter, output: TaskOutputLog, logs: LogStore,
        metrics: MetricsStore, log: Logger
    ) {
        self.settings = settings
        self.pool = pool
        self.writer = writer
        self.output = output
        self.logs = logs
        self.metrics = metrics
        self.log = log
    }

    func start() {
        let timer = RepeatingTimer(on: queue, every: settings.maintenanceInterval) { [weak self] in
            guard let self, self.begin() else { return }
            Task {
                await self.run(at: .now())
                self.isRunning.withLock { $0 = false }
            }
        }
        self.timer.withLock { $0 = timer }
    }

    func stop() { timer.withLock { $0?.cancel() } }

    /// False when the run before has not ended.
    private func begin() -> Bool {
        isRunning.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
    }

    /// Removes all that is due. An error ends the run; the next one goes on.
    func run(at now: WallTime) async {
        await logs.maintain(at: now)
        await attempt { try await self.metrics.maintain(at: now) }
        await attempt { try await self.removeOld(at: now) }
    }

    private func attempt(_ step: @Sendable () async throws -> Void) async {
        do {
            try await step()
        } catch {
            log.warning("retention stopped, and will go on", metadata: ["error": "\(error)"])
        }
    }

    private func removeOld(at now: WallTime) async throws(StoreError) {
        while try await removeAudit(at: now) {}
        while try await removeTasks(at: now) {}
        for (table, column, retention) in [
            ("alerts", "resolved_at", settings.alertRetention),
            ("deployments", "finished_at", settings.deploymentRetention),
            ("silences", "until", Self.silenceRetention),
        ] {
            while try await remove(from: table, column, before: now + (-retention)) {}
        }
        try await removeOrphans(at: now)
    }

    /// True when there may be more.
    private func removeAudit(at now: WallTime) async throws(StoreError) -> Bool {
        let oldest = now + (-settings.auditRetention)
        let maximumCount = settings.auditMaximumCount
        let removed = Box(0)
        try await write { database in
            // Ids are given in order and never reused while there are rows, so the count is their distance.
            try database.execute(
                sql: """
                    DELETE FROM audit WHERE id IN (
                        SELECT id FROM audit
                        WHERE time < ? OR id <= (SELECT max(id) FROM audit) - ?
                        ORDER BY id LIMIT ?)
                    """,
                arguments: [oldest.millisecondsSince1970, maximumCount, Self.auditStep])
            removed.set(database.changesCount)
        }
        return removed.value == Self.auditStep
    }

    /// True when there may be more.
    private func remove(
        from table: String, _ column: String, before oldest: WallTime
    ) async throws(StoreError) -> Bool {
        let removed = Box(0)
        try await write { database in
            try database.execute(
                sql: "DELETE FROM \(table) WHERE id IN (SELECT id FROM \(table) WHERE \(column) < ? LIMIT ?)",
                arguments: [oldest.millisecondsSince1970, Self.recordStep])
            removed.set(database.changesCount)
        }
        return removed.value == Self.recordStep
    }

    /// Files first: a record without files is removed by the next run, files without a record would stay for ever.
    private func removeTasks(at now: WallTime) async throws(StoreError) -> Bool {
        let oldest = (now + (-settings.taskLifetime)).millisecondsSince1970
        let due = try await read { database in
            try String.fetchAll(
                database, sql: "SELECT id FROM tasks WHERE finished_at < ? ORDER BY finished_at LIMIT ?",
                arguments: [oldest, Self.taskStep])
        }
        for id in due { await output.remove(TaskID(id)) }
        guard !due.isEmpty else { return false }
        try await write { database in
            for id in due {
                try database.execute(sql: "DELETE FROM deployments WHERE task_id = ?", arguments: [id])
                try database.execute(sql: "DELETE FROM tasks WHERE id = ?", arguments: [id])
            }
        }
        return due.count == Self.taskStep
    }

    /// Output whose task is not in the database: it was lost while the disk was full.
    private func removeOrphans(at now: WallTime) async throws(StoreError) {
        let oldest = (now + (-settings.taskLifetime)).millisecondsSince1970
        for name in FileSystem.names(in: settings.taskDirectory) {
            guard FileSystem.modified("\(settings.taskDirectory)/\(name)").map({ $0 < oldest }) ?? false else {
                continue
            }
            let isKnown = try await read { database in
                try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM tasks WHERE id = ?)", arguments: [name])
            }
            if isKnown == false { await output.remove(TaskID(name)) }
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError(error, file: settings.databaseFile)
        }
    }

    private func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws(StoreError) {
        let outcome = await withCheckedContinuation { continuation in
            writer.submit(
                WriteRequest(writes: [StoreWrite(essential: false, body)]) { continuation.resume(returning: $0) })
        }
        if case .failed(let error) = outcome { throw error }
    }
}

extension WallTime {
    static func now() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(millisecondsSince1970: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
