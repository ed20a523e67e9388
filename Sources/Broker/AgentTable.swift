import Model

/// An agent as the broker sees it: can it be told, what was it told, what has it applied.
struct AgentState: Sendable {
    var labels: [String: String]
    var streamTypes: Set<StreamType> = []
    var isConnected = false
    /// Of the desired state; rises whenever that changes.
    var generation: UInt64 = 0
    var appliedGeneration: UInt64 = 0
    var sentAt = MonotonicTime(nanoseconds: 0)
    /// What it should run has changed since it was last told.
    var isDirty = false
}

/// The agents that are known, and which of them have to be told something.
struct AgentTable: Sendable {
    private var agents: [AgentID: AgentState] = [:]
    private var dirty: [AgentID] = []

    subscript(agent: AgentID) -> AgentState? { agents[agent] }

    func isConnected(_ agent: AgentID) -> Bool { agents[agent]?.isConnected == true }

    var connectedCount: Int { agents.values.count { $0.isConnected } }

    /// Known agents that `scope` allows, sorted.
    func known(in scope: AgentScope) -> [AgentID] {
        agents.filter { scope.allows($0.key, labels: $0.value.labels) }.keys.sorted()
    }

    func hasConnected(in scope: AgentScope) -> Bool {
        agents.contains { $0.value.isConnected && scope.allows($0.key, labels: $0.value.labels) }
    }

    mutating func learn(_ agent: AgentID, labels: [String: String]) {
        if agents[agent] == nil { agents[agent] = AgentState(labels: labels) } else { agents[agent]?.labels = labels }
    }

    mutating func connect(_ agent: AgentID, labels: [String: String], streamTypes: Set<StreamType>) {
        learn(agent, labels: labels)
        agents[agent]?.streamTypes = streamTypes
        agents[agent]?.isConnected = true
        agents[agent]?.appliedGeneration = 0
        markDirty(agent)
    }

    mutating func disconnect(_ agent: AgentID) { agents[agent]?.isConnected = false }

    /// An agent that is not connected is told everything when it connects, so there is nothing to note.
    mutating func markDirty(_ agent: AgentID) {
        guard let state = agents[agent], state.isConnected, !state.isDirty else { return }
        agents[agent]?.isDirty = true
        dirty.append(agent)
    }

    /// The connected agents that have to be told a new state, each with its generation raised.
    mutating func takeDirty(now: MonotonicTime) -> [AgentID] {
        guard !dirty.isEmpty else { return [] }
        defer { dirty.removeAll(keepingCapacity: true) }
        return dirty.filter { agent in
            agents[agent]?.isDirty = false
            guard isConnected(agent) else { return false }
            agents[agent]?.generation += 1
            agents[agent]?.sentAt = now
            return true
        }
    }

    mutating func noteSent(_ agent: AgentID, now: MonotonicTime) { agents[agent]?.sentAt = now }

    /// Notes what the agent says it has applied; true if that is what it was told last.
    mutating func noteApplied(_ agent: AgentID, generation: UInt64) -> Bool {
        agents[agent]?.appliedGeneration = generation
        return agents[agent]?.generation == generation
    }
}

/// How a stream stands, for its listeners: `state` of `stream_status`.
package enum StreamState: Sendable, Equatable {
    /// The agent is not connected.
    case waitingForAgent
    case active
    /// The agent's connection is lost; the stream goes on when it is back.
    case agentLost
    /// The agent cannot stream this type.
    case unsupported
    /// The agent is asked for as many streams as it may be.
    case overloaded
    /// The agent says why it does not run it: `not_found`, `permission_denied`, `failed`...
    case rejected(code: String, message: String)

    package var name: String {
        switch self {
        case .waitingForAgent: "waiting_for_agent"
        case .active: "active"
        case .agentLost: "agent_lost"
        case .unsupported: "unsupported"
        case .overloaded: "overloaded"
        case .rejected(let code, _): code
        }
    }
}
