package import Model

/// Sizes and times of the store; the defaults are those of the gateway.
package struct StoreSettings: Sendable {
    /// Made if it is not there, with mode 0700. Holds `sluice.db`, `metrics.db`, `tasks/` and `logs/`.
    package var directory: String
    /// Finished tasks and their output are kept this long.
    package var taskLifetime: Milliseconds = 24 * 3_600_000
    /// Resolved alerts are kept this long, …
    package var alertRetention: Milliseconds = 90 * 24 * 3_600_000
    /// … and deployments that have ended.
    package var deploymentRetention: Milliseconds = 90 * 24 * 3_600_000
    package var auditRetention: Milliseconds = 90 * 24 * 3_600_000
    package var auditMaximumCount = 100_000
    /// Writes that wait for the writer. At the bound `write` throws `queueFull` and `enqueue` drops, counted.
    package var queueCapacity = 65_536
    /// Of one transaction.
    package var batchMaximumCount = 1_000
    /// How long an enqueued write may wait for company. One that is awaited does not wait.
    package var batchDelay: Milliseconds = 5
    /// The pause before a failed batch is tried again; doubles up to `retryMaximum`.
    package var retryMinimum: Milliseconds = 100
    package var retryMaximum: Milliseconds = 5_000
    /// Between two steps of retention.
    package var maintenanceInterval: Milliseconds = 60_000
    package var output = TaskOutputSettings()
    package var logs = LogSettings()
    package var metrics = MetricsSettings()

    package init(directory: String) { self.directory = directory }

    package var databaseFile: String { "\(directory)/sluice.db" }
    package var metricsFile: String { "\(directory)/metrics.db" }
    package var logDirectory: String { "\(directory)/logs" }
    package var taskDirectory: String { "\(directory)/tasks" }
}

package struct TaskOutputSettings: Sendable {
    /// A segment is closed when it has reached this size.
    package var segmentBytes = 8 << 20
    /// Segments kept per task; the oldest goes when one more is needed.
    package var segmentCount = 8
    /// Batches that wait for the writer, over all tasks, in bytes.
    package var queueBytes = 32 << 20
    /// Descriptors that the writer, and as many that the reader, keeps open.
    package var openFiles = 128
    /// A reader that takes longer than this for a MiB is slow, so that no command waits for it: 256 KiB/s, with patience
    /// for a pause.
    package var stretchTime: Milliseconds = 4_000

    package init() {}

    /// Bytes kept per task: setting it divides them among the segments.
    package var retention: Int {
        get { segmentBytes * segmentCount }
        set { segmentBytes = max(1, newValue / segmentCount) }
    }
}
