import AgentLink
import TestSupport
import Logging
import Model
import Reactor
import Synchronization
import Wire

/// An agent listener on a loop of its own, and who decides about its agents.
///
/// @unchecked Sendable because `record` has its mutex, and everything else is touched on the loop only.
final class Gate: AgentLinkDelegate, @unchecked Sendable {
    /// The answer to a Hello.
    enum Answer {
        case welcome(tasks: [TaskID: AgentTaskState], token: String?)
        case refuse(AgentRefusal)
        case nothing
    }

    struct Record {
        var hellos: [AgentHello] = []
        var beats: [UInt64?] = []
        /// References of the streams whose data came.
        var samples: [UInt32] = []
        var closed: [AgentCloseReason] = []
    }

    struct Counts: Equatable {
        var accepted: UInt64
        var refused: UInt64
        var protocolErrors: UInt64
        var open: Int
    }

    let loop: EventLoop
    private(set) var port: UInt16 = 0
    private let record = Mutex(Record())
    private let answer: Answer
    private var listener: AgentListener!
    private var connections: [AgentConnection] = []

    init(
        _ answer: Answer = .welcome(tasks: [:], token: nil), _ change: (inout AgentLinkSettings) -> Void = { _ in }
    ) async throws {
        loop = try EventLoop(name: "gate")
        self.answer = answer
        var settings = AgentLinkSettings(gatewayVersion: "9.9")
        change(&settings)
        let chosen = settings
        port = try await loop.run { [self] in
            let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            listener = AgentListener(loop: loop, settings: chosen, delegate: self, log: log)
            return try listener.listen(host: "127.0.0.1", port: 0)
        }
    }

    /// To be called last.
    func end() {
        loop.stop()
        loop.join()
        // because a listener keeps its delegate, which is this
        listener = nil
    }

    var now: Record { record.withLock { $0 } }

    func counts() async throws -> Counts {
        try await loop.run { [self] in
            Counts(
                accepted: listener.accepted, refused: listener.refused, protocolErrors: listener.protocolErrors,
                open: listener.connectionCount)
        }
    }

    func drain(spread: Milliseconds) async throws {
        try await loop.run { [self] in listener.drain(spread: spread) }
    }

    /// Something happens to the connection that said the latest Hello.
    func toLatest(_ body: @escaping @Sendable (AgentConnection) -> Void) async throws {
        try await loop.run { [self] in
            if let latest = connections.last { body(latest) }
        }
    }

    /// Something happens to the connection that said the first Hello.
    func toFirst(_ body: @escaping @Sendable (AgentConnection) -> Void) async throws {
        try await loop.run { [self] in
            if let first = connections.first { body(first) }
        }
    }

    /// An agent that has been let in.
    func agent(_ change: (inout ScriptedAgent.Hello) -> Void = { _ in }) async throws -> ScriptedAgent {
        let agent = try ScriptedAgent(port: port)
        agent.hello(change)
        try await agent.hearWelcome()
        return agent
    }

    // MARK: - Delegate

    func agentSaidHello(_ connection: AgentConnection, _ hello: AgentHello) {
        connections.append(connection)
        record.withLock { $0.hellos.append(hello) }
        switch answer {
        case .welcome(let tasks, let token): connection.welcome(session: "ses", tasks: tasks, agentToken: token)
        case .refuse(let refusal): connection.refuse(refusal)
        case .nothing: break
        }
    }

    func agentBeat(_ connection: AgentConnection, appliedGeneration: UInt64?, at now: Now) {
        record.withLock { $0.beats.append(appliedGeneration) }
    }

    func agentSent(
        _ connection: AgentConnection, _ message: WireAgentBody, frame: UnsafeRawBufferPointer, at now: Now
    ) {
        guard case .streamData(let data) = message else { return }
        let ref = data.pointee.stream_ref
        record.withLock { $0.samples.append(ref) }
    }

    func agentClosed(_ connection: AgentConnection, _ reason: AgentCloseReason) {
        record.withLock { $0.closed.append(reason) }
    }
}

extension ScriptedAgent {
    func sample(ref: UInt32) {
        send { arena in .streamData(arena.make { wireSet(&$0.has_stream_ref, &$0.stream_ref, ref) }) }
    }
}

extension GatewaySaid {
    var isProtocolErrorGoodbye: Bool {
        if case .goodbye(.protocolError, _, _) = self { true } else { false }
    }
}
