import Model

/// Who wants a stream. Listeners of the same view count as one: they want the same.
enum DemandSource: Hashable, Sendable {
    case view(TopicID)
    /// A view of a stream that is made from this one.
    case derived(TopicID)
    case server(ServerStreamID)
    /// The configuration: `.server` or `.recording`.
    case standing(LeaseKind)
    case task(TaskID)
}

/// A stream that somebody wants, or wanted until a moment ago.
struct DemandedStream: Sendable {
    let ref: UInt32
    let since: WallTime
    /// Lines of history asked for by whoever started it.
    let tail: Int
    var config: DesiredConfig
    var leases: [DemandSource: DesiredConfig]
    var rejection: RejectedStream?
}

/// Which streams run and why. Starts with the first lease; when the last has gone, the owner decides how long to linger.
struct DemandTracker: Sendable {
    enum Acquisition {
        case started, updated, unchanged
        /// The agent has as many streams as it may.
        case refused
    }
    enum Release { case idle, updated, unchanged }

    private(set) var streams: [StreamKey: DemandedStream] = [:]
    private var agents: [AgentID: AgentStreams] = [:]
    private var lastRef: UInt32 = 0
    private let maxStreamsPerAgent: Int

    private struct AgentStreams {
        var keys: [UInt32: StreamKey] = [:]
        /// How many of them the agent is asked for; the others are tasks, or made in the gateway.
        var running = 0
    }

    init(maxStreamsPerAgent: Int) { self.maxStreamsPerAgent = maxStreamsPerAgent }

    subscript(key: StreamKey) -> DemandedStream? { streams[key] }

    /// Of one agent, or of all.
    func count(agent: AgentID?) -> Int { agent.map { agents[$0]?.keys.count ?? 0 } ?? streams.count }

    /// The agents that something is wanted from, sorted.
    var agentIDs: [AgentID] { agents.keys.sorted() }

    func key(agent: AgentID, ref: UInt32) -> StreamKey? { agents[agent]?.keys[ref] }

    /// Ordered by ref.
    func streams(of agent: AgentID) -> [(key: StreamKey, stream: DemandedStream)] {
        guard let keys = agents[agent]?.keys else { return [] }
        return keys.sorted { $0.key < $1.key }.compactMap { entry in
            streams[entry.value].map { (entry.value, $0) }
        }
    }

    /// Adds a lease, or changes what an existing one asks for.
    mutating func acquire(
        _ source: DemandSource, on key: StreamKey, config: DesiredConfig, now: Now
    ) -> Acquisition {
        guard streams[key] != nil else { return start(key, for: source, config: config, now: now) }
        streams[key]?.leases[source] = config
        return reaggregate(key) ? .updated : .unchanged
    }

    mutating func release(_ source: DemandSource, on key: StreamKey) -> Release {
        guard streams[key]?.leases.removeValue(forKey: source) != nil else { return .unchanged }
        if streams[key]?.leases.isEmpty == true { return .idle }
        return reaggregate(key) ? .updated : .unchanged
    }

    /// Ends a stream that has no lease; false if it has one again.
    mutating func stopIfIdle(_ key: StreamKey) -> Bool {
        guard let stream = streams[key], stream.leases.isEmpty else { return false }
        streams[key] = nil
        agents[key.agent]?.keys[stream.ref] = nil
        if key.type.runsOnAgent { agents[key.agent]?.running -= 1 }
        if agents[key.agent]?.keys.isEmpty == true { agents[key.agent] = nil }
        return true
    }

    mutating func setRejection(_ rejection: RejectedStream?, of key: StreamKey) {
        streams[key]?.rejection = rejection
    }

    private mutating func start(
        _ key: StreamKey, for source: DemandSource, config: DesiredConfig, now: Now
    ) -> Acquisition {
        let runsOnAgent = key.type.runsOnAgent
        if runsOnAgent, agents[key.agent, default: AgentStreams()].running >= maxStreamsPerAgent { return .refused }
        let ref = unusedRef(on: key.agent)
        agents[key.agent, default: AgentStreams()].keys[ref] = key
        if runsOnAgent { agents[key.agent]?.running += 1 }
        streams[key] = DemandedStream(
            ref: ref, since: now.wall, tail: config.tail, config: config, leases: [source: config])
        return .started
    }

    /// One number for all agents, so that nothing has to be kept of an agent without streams.
    private mutating func unusedRef(on agent: AgentID) -> UInt32 {
        repeat { lastRef &+= 1 } while lastRef == 0 || agents[agent]?.keys[lastRef] != nil
        return lastRef
    }

    /// True if what the agent has to be told is now different.
    private mutating func reaggregate(_ key: StreamKey) -> Bool {
        guard let stream = streams[key] else { return false }
        let config = DesiredConfig.aggregate(stream.leases.values, tail: stream.tail)
        guard config != stream.config else { return false }
        streams[key]?.config = config
        return true
    }
}
