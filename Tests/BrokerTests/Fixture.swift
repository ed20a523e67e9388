import Model

@testable import Broker

/// A broker with a world around it: a clock, the connections it has and what became of them, and a store.
///
/// Carries out every action, and ticks only when the broker has asked for it.
struct Fixture {
    struct Connection: Equatable {
        var subscriptions: Set<SubscriptionID> = []
        var topics: Set<TopicID> = []
    }

    var broker: Broker
    private(set) var now = Now(
        monotonic: MonotonicTime(nanoseconds: 1_000_000_000_000),
        wall: WallTime(millisecondsSince1970: 1_700_000_000_000))
    var connections: [ConnectionID: Connection] = [:]
    var ends: [ConnectionID: EndReason] = [:]
    var states: [SubscriptionID: StreamState] = [:]
    var openViews: [TopicID: ViewDescription] = [:]
    var startedStreams: Set<StreamKey> = []
    var store = BrokerSnapshot()
    var forgotten: [SubscriptionID: EndReason] = [:]
    /// What agents were told and have not taken yet.
    var outbox: [(agent: AgentID, state: DesiredState)] = []
    /// Since the last `takeActions`.
    private var log: [BrokerAction] = []
    private var tick: MonotonicTime?
    private var lastNumber = 0

    init(_ change: (inout BrokerSettings) -> Void = { _ in }) {
        var settings = BrokerSettings()
        settings.standing = []
        change(&settings)
        broker = Broker(settings: settings)
    }

    // MARK: - Time

    /// Lets time pass, with a tick whenever one is due.
    mutating func advance(_ milliseconds: Milliseconds) {
        let end = now.monotonic + milliseconds
        while let next = tick, next <= end {
            move(to: max(next, now.monotonic))
            tick = nil
            perform { broker, now, actions in broker.tick(now, into: &actions) }
        }
        move(to: end)
    }

    private mutating func move(to time: MonotonicTime) {
        now.wall = now.wall + time.milliseconds(since: now.monotonic)
        now.monotonic = time
    }

    mutating func setWallClock(by milliseconds: Milliseconds) {
        now.wall = WallTime(millisecondsSince1970: now.wall.millisecondsSince1970 + Int64(milliseconds))
    }

    // MARK: - Calls

    @discardableResult
    mutating func perform<Result, Failure: Error>(
        _ call: (inout Broker, Now, inout [BrokerAction]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var actions: [BrokerAction] = []
        defer { for action in actions { carryOut(action) } }
        return try call(&broker, now, &actions)
    }

    mutating func number() -> Int {
        lastNumber += 1
        return lastNumber
    }

    mutating func subscribe(
        _ type: StreamType = .metrics, agent: AgentSelector? = .one(AgentID("a")), resource: String = "",
        session: SessionID? = nil, principal: Principal = .anonymousAdmin,
        _ change: (inout StreamConfig) -> Void = { _ in }
    ) throws(BrokerError) -> SubscriptionID {
        var config = StreamConfig.defaults(for: type)
        change(&config)
        let request = SubscriptionRequest(
            id: SubscriptionID("sub_\(number())"), type: type, agent: agent, resource: resource, config: config,
            session: session, principal: principal)
        return try perform { broker, now, actions throws(BrokerError) in
            try broker.createSubscription(request, now, into: &actions).record.id
        }
    }

    mutating func createSession(_ principal: Principal = .anonymousAdmin) throws(BrokerError) -> SessionID {
        let id = SessionID("ses_\(number())")
        return try perform { broker, now, actions throws(BrokerError) in
            try broker.createSession(id, for: principal, now, into: &actions).record.id
        }
    }

    @discardableResult
    mutating func connect(_ id: SubscriptionID, missedEnd: Bool = false) throws(BrokerError) -> ConnectionID {
        let connection = ConnectionID(UInt64(number()))
        try perform { broker, now, actions throws(BrokerError) in
            try broker.connect(id, connection, missedEnd: missedEnd, now, into: &actions)
        }
        if connections[connection] == nil { connections[connection] = Connection() }
        return connection
    }

    @discardableResult
    mutating func connect(
        _ id: SessionID, missedEnds: Set<SubscriptionID> = []
    ) throws(BrokerError) -> ConnectionID {
        let connection = ConnectionID(UInt64(number()))
        try perform { broker, now, actions throws(BrokerError) in
            try broker.connect(id, connection, missedEnds: missedEnds, now, into: &actions)
        }
        if connections[connection] == nil { connections[connection] = Connection() }
        return connection
    }

    /// Subscribes and opens.
    @discardableResult
    mutating func listen(
        _ type: StreamType = .metrics, agent: AgentSelector? = .one(AgentID("a")), resource: String = "",
        principal: Principal = .anonymousAdmin, _ change: (inout StreamConfig) -> Void = { _ in }
    ) throws(BrokerError) -> ConnectionID {
        try connect(subscribe(type, agent: agent, resource: resource, principal: principal, change))
    }

    mutating func disconnect(_ connection: ConnectionID) {
        connections[connection] = nil
        perform { broker, now, actions in broker.disconnected(connection, now, into: &actions) }
    }

    mutating func delete(_ id: SubscriptionID) throws(BrokerError) {
        try perform { broker, now, actions throws(BrokerError) in
            try broker.delete(id, by: .anonymousAdmin, now, into: &actions)
        }
    }

    mutating func connectAgent(
        _ agent: String = "a", labels: [String: String] = [:], types: Set<StreamType> = Set(StreamType.allCases)
    ) {
        perform { broker, now, actions in
            broker.agentConnected(AgentID(agent), labels: labels, streamTypes: types, now, into: &actions)
        }
    }

    mutating func loseAgent(_ agent: String = "a") {
        perform { broker, now, actions in broker.agentLost(AgentID(agent), now, into: &actions) }
    }

    mutating func heartbeat(_ agent: String = "a", applied: UInt64) {
        perform { broker, now, actions in
            broker.heartbeat(AgentID(agent), appliedGeneration: applied, now, into: &actions)
        }
    }

    /// The gateway is killed and starts again with what it had stored.
    mutating func restart() {
        broker = Broker(settings: broker.settings)
        connections = [:]
        openViews = [:]
        startedStreams = []
        states = [:]
        outbox = []
        tick = nil
        let store = store
        perform { broker, now, actions in broker.restore(store, now, into: &actions) }
    }

    // MARK: - What came out

    mutating func takeActions() -> [BrokerAction] {
        defer { log = [] }
        return log
    }

    /// What the agent was told last, and how often since the last call.
    mutating func takeDesired(_ agent: String = "a") -> (state: DesiredState?, count: Int) {
        let sent = outbox.filter { $0.agent.text == agent }.map(\.state)
        outbox.removeAll { $0.agent.text == agent }
        return (sent.last, sent.count)
    }

    private mutating func carryOut(_ action: BrokerAction) {
        log.append(action)
        switch action {
        case .sendDesired(let agent, let state): outbox.append((agent, state))
        case .attach(let attachment):
            connections[attachment.connection, default: Connection()].subscriptions.insert(attachment.subscription)
            precondition(openViews[attachment.view.topic] != nil, "a view is opened before it is attached")
            guard attachment.joinsTopic else { break }
            let joins = connections[attachment.connection]?.topics.insert(attachment.view.topic).inserted
            precondition(joins == true, "a topic is joined once")
        case .detach(let detachment):
            let left = connections[detachment.connection]?.subscriptions.remove(detachment.subscription)
            precondition(left != nil, "only what is attached is detached")
            if detachment.leavesTopic {
                let left = connections[detachment.connection]?.topics.remove(detachment.topic)
                precondition(left != nil, "only what was joined is left")
            }
        case .join(let joining):
            precondition(openViews[joining.topic] != nil, "a view is opened before it is joined")
            let subscriptions = connections[joining.connection]?.subscriptions
            precondition(subscriptions?.contains(joining.subscription) == true, "only what is attached joins")
            let joins = connections[joining.connection]?.topics.insert(joining.topic).inserted
            precondition(joins == true, "a topic is joined once")
        case .leave(let connection, let topic):
            precondition(connections[connection]?.topics.remove(topic) != nil, "only what was joined is left")
        case .endConnection(let connection, let reason):
            precondition(connections.removeValue(forKey: connection) != nil, "a connection ends once")
            ends[connection] = reason
        case .status(let connection, let subscription, let state):
            precondition(connections[connection]?.subscriptions.contains(subscription) == true)
            states[subscription] = state
        case .viewOpened(let view):
            precondition(openViews.updateValue(view, forKey: view.topic) == nil, "topics are not used again")
        case .viewClosed(let topic):
            precondition(openViews.removeValue(forKey: topic) != nil)
        case .streamStarted(let key): precondition(startedStreams.insert(key).inserted)
        case .streamStopped(let key): precondition(startedStreams.remove(key) != nil)
        case .scheduleTick(let time): tick = time
        default: keep(action)
        }
    }

    private mutating func keep(_ action: BrokerAction) {
        switch action {
        case .persist(let record): store.subscriptions.append(record)
        case .forget(let id, let reason):
            store.subscriptions.removeAll { $0.id == id }
            forgotten[id] = reason
        case .persistSession(let record): store.sessions.append(record)
        case .forgetSession(let id, _): store.sessions.removeAll { $0.id == id }
        case .persistServerDemand(let record):
            store.serverDemands.removeAll { $0.id == record.id }
            store.serverDemands.append(record)
        case .forgetServerDemand(let id): store.serverDemands.removeAll { $0.id == id }
        default: break
        }
    }
}

extension Principal {
    static func token(
        _ name: String, role: Role = .viewer, scope: AgentScope = .all, expires: WallTime? = nil
    ) -> Principal {
        Principal(token: TokenName(name), role: role, scope: scope, expires: expires)
    }
}

func error(_ body: () throws(BrokerError) -> Void) -> BrokerError? {
    do { try body() } catch { return error }
    return nil
}

/// Here, because `Testing` has an `Attachment` too.
func attachments(_ actions: [BrokerAction]) -> [Attachment] {
    actions.compactMap { if case .attach(let attachment) = $0 { attachment } else { nil } }
}
