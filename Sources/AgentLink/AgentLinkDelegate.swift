package import Model
package import Wire

/// Who decides about agents. Called on the loop of the listener only; a message and what it points to are valid during
/// the call.
package protocol AgentLinkDelegate: AnyObject {
    /// Answer with `welcome` or `refuse`, now or later. Nothing more is read from the agent before.
    func agentSaidHello(_ connection: AgentConnection, _ hello: AgentHello)
    /// The agent has applied this generation of its desired streams.
    /// - Parameter now: when it was read, as in `agentSent`.
    func agentBeat(_ connection: AgentConnection, appliedGeneration: UInt64?, at now: Now)
    /// Any message but Hello, Heartbeat and Goodbye.
    /// - Parameter frame: the encoded message.
    func agentSent(
        _ connection: AgentConnection, _ message: WireAgentBody, frame: UnsafeRawBufferPointer, at now: Now)
    /// A sample of metrics, which nobody has decoded.
    /// - Returns: false if it is to come by `agentSent` like any other message.
    func agentSampled(
        _ connection: AgentConnection, _ sample: WireSample, frame: UnsafeRawBufferPointer, at now: Now
    ) -> Bool
    /// Once per connection that was welcomed; last.
    func agentClosed(_ connection: AgentConnection, _ reason: AgentCloseReason)
}

extension AgentLinkDelegate {
    package func agentSampled(
        _ connection: AgentConnection, _ sample: WireSample, frame: UnsafeRawBufferPointer, at now: Now
    ) -> Bool { false }
}

/// Why a connection has ended.
package enum AgentCloseReason: Sendable, Equatable {
    /// The agent said Goodbye: it stops, and its tasks with it.
    case stopping
    /// Nothing came from it for three heartbeats.
    case silent
    /// Another connection with the same id.
    case replaced
    case draining
    /// What it sent is not the protocol; the text says what.
    case protocolError(String)
    /// The connection broke; the text says how.
    case lost(String)
}
