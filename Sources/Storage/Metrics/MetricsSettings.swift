package import Model

/// How long the history of metrics and health is kept.
package struct MetricsSettings: Sendable, Equatable {
    /// Samples as they came.
    package var rawRetention: Milliseconds = 24 * 3_600_000
    /// Rows of a minute.
    package var minuteRetention: Milliseconds = 30 * 24 * 3_600_000
    /// Rows of an hour.
    package var hourRetention: Milliseconds = 365 * 24 * 3_600_000
    package var healthRetention: Milliseconds = 30 * 24 * 3_600_000
    /// Of health checks that say the same of services, containers and units, one in so long is kept.
    package var healthInterval: Milliseconds = 300_000
    /// How long samples may wait for company; as much is lost at the end of the process without a warning.
    package var batchDelay: Milliseconds = 1_000

    package init() {}
}
