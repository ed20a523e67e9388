package import Model
package import Reactor

package struct AgentLinkSettings: Sendable {
    /// How often both sides say that they are there. Silent for three of them is lost.
    package var heartbeat: Milliseconds = 10_000
    /// A connection that has not said Hello by then is closed.
    package var helloTimeout: Milliseconds = 5_000
    /// Payload bytes of one frame, in both directions.
    package var maxFrameBytes = 1 << 20
    /// Bytes that may wait for one agent; beyond it the connection is closed, and the agent comes back to a fresh one.
    package var maxOutputBytes = 8 << 20
    /// Connections at a time; beyond it the newest is told `busy`.
    package var maxConnections = 12_000
    /// Connections of one address that have not been let in yet; beyond it the newest is told `busy`. Loopback is exempt.
    package var maxStrangersPerAddress = 256
    package var gatewayVersion: String
    /// Nil: agents speak plain TCP.
    package var tls: TLSContext?

    /// How often connections are looked at.
    var tick: Milliseconds { max(50, min(1_000, heartbeat / 4)) }

    package init(gatewayVersion: String) { self.gatewayVersion = gatewayVersion }
}
