package import Broker
package import Model
package import Service

package struct HubSettings: Sendable {
    package var broker = BrokerSettings()
    package var maxClientBytes = 1 << 20
    /// A task whose agent stays away for so long has failed.
    package var agentLostAfter: Milliseconds = 300_000
    /// An agent that was there when the gateway ended has so long to come back, before it is reported as lost.
    package var returnTime: Milliseconds = 60_000
    /// Tasks without a stored end; beyond it `overloaded`.
    package var maxTasks = 10_000
    /// Agents that are known, connected or not; a new one beyond it is told `busy`.
    package var maxAgents = 20_000
    /// How often last values and "last seen" are written.
    package var saveInterval: Milliseconds = 1_000
    /// `retry:` in the first bytes of a stream, jittered per connection so that reconnects spread.
    package var retryRange: ClosedRange<Milliseconds> = 2_000...4_000
    /// `retry:` when the gateway goes down.
    package var drainSpread: Milliseconds = 10_000
    package var gatewayVersion: String
    /// Adds what others count to the gateway's metrics.
    package var writeFurtherMetrics: @Sendable (inout MetricsText) -> Void = { _ in }

    package init(gatewayVersion: String) { self.gatewayVersion = gatewayVersion }
}
