import Model

@testable import Broker

/// An agent as the protocol describes it, behind a connection that may lose messages.
struct ModelAgent {
    let id: AgentID
    var labels: [String: String]
    var types: Set<StreamType>
    var isConnected = false
    private(set) var applied: UInt64 = 0
    private(set) var running: [StreamKey: DesiredConfig] = [:]
    var inbox: [DesiredState] = []

    /// A new connection starts with nothing desired.
    mutating func connect() {
        isConnected = true
        applied = 0
        running = [:]
        inbox = []
    }

    mutating func disconnect() {
        isConnected = false
        inbox = []
    }

    /// Takes the oldest message. What is older than what it has is not applied.
    mutating func receive() {
        guard !inbox.isEmpty else { return }
        let state = inbox.removeFirst()
        guard state.generation >= applied else { return }
        applied = state.generation
        running = Dictionary(uniqueKeysWithValues: state.streams.map { ($0.key, $0.config) })
    }

    mutating func loseMessage() {
        if !inbox.isEmpty { inbox.removeFirst() }
    }
}
