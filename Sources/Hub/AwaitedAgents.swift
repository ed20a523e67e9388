import Model

/// The agents that a former life of the gateway had, as far as its store tells: nobody notes the end of a life that is
/// killed, but all that were connected then were seen at about the same time.
struct AwaitedAgents {
    /// Further from the newest "last seen" than this, an agent had left before.
    private static let lifeSign: Milliseconds = 60_000

    private var agents: Set<AgentID> = []
    private var deadline = MonotonicTime(nanoseconds: 0)

    init() {}

    init(_ records: [AgentRecord], until deadline: MonotonicTime) {
        self.deadline = deadline
        guard let newest = records.map(\.lastSeen.millisecondsSince1970).max() else { return }
        let seen = records.filter { newest - $0.lastSeen.millisecondsSince1970 <= Self.lifeSign }
        agents = Set(seen.map(\.id))
    }

    mutating func remove(_ agent: AgentID) { agents.remove(agent) }

    /// Once: those that are still awaited when the deadline has passed.
    mutating func overdue(_ now: MonotonicTime) -> Set<AgentID> {
        guard !agents.isEmpty, now >= deadline else { return [] }
        defer { agents = [] }
        return agents
    }
}
