/// Counts since the start, for `GET /metrics`.
package struct ProcessingCounters: Sendable, Equatable {
    package var metrics: UInt64 = 0
    package var healthChecks: UInt64 = 0
    package var logLines: UInt64 = 0
    package var systemEvents: UInt64 = 0
    package var gatewayEvents: UInt64 = 0
    /// Items of reliable streams that had come before.
    package var repeated: UInt64 = 0
    /// Entries that several log lines were joined to.
    package var joinedEntries: UInt64 = 0
    package var threats: UInt64 = 0
    package var published: UInt64 = 0
    /// Errors that processors threw.
    package var failures: UInt64 = 0
    /// Events of agents beyond `ProcessingEngine.maximumAgents`.
    package var refused: UInt64 = 0
    /// Agents that were quiet for `ProcessingEngine.forgetAfter`.
    package var forgottenAgents: UInt64 = 0
    /// Agents of which something is known.
    package var agents = 0
    package var alerts = AlertCounters()
}
