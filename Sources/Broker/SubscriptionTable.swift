import Model

/// Where something that a client can open stands.
enum Opening: Equatable, Sendable {
    /// Not opened yet.
    case unopened
    case open(ConnectionID)
    /// Its connection has ended; it can be opened again.
    case resumable
    /// Its stream is over and delivered; known only so that a reconnect can be told.
    case ended

    var connection: ConnectionID? {
        if case .open(let connection) = self { connection } else { nil }
    }
}

/// When something ends unless it is opened. Both clocks: one decides, the other is shown.
struct Expiry: Sendable {
    var deadline: MonotonicTime
    var shown: WallTime

    init(after time: Milliseconds, from now: Now) {
        deadline = now.monotonic + time
        shown = now.wall + time
    }
}

/// What many subscriptions have in common: all of a record but its id, its session and its age. They share one of these.
final class SubscriptionKind: Hashable, Sendable {
    let type: StreamType
    let agent: AgentSelector
    let resource: String
    let config: StreamConfig
    let principal: Principal
    let view: ViewKey

    init(_ record: SubscriptionRecord) {
        type = record.type
        agent = record.agent
        resource = record.resource
        config = record.config
        principal = record.principal
        view = ViewKey(record)
    }

    /// The view follows from the rest, and differs as a rule where the rest does.
    func hash(into hasher: inout Hasher) {
        view.hash(into: &hasher)
        principal.token.hash(into: &hasher)
    }

    static func == (a: SubscriptionKind, b: SubscriptionKind) -> Bool {
        a.type == b.type && a.agent == b.agent && a.resource == b.resource && a.config == b.config
            && a.principal == b.principal
    }
}

struct Subscription: Sendable {
    /// What never changes, behind one reference: there are many of them, and tables have room for twice as many.
    private final class Fixed: Sendable {
        let id: SubscriptionID
        let session: SessionID?
        let createdAt: WallTime
        let kind: SubscriptionKind

        init(_ record: SubscriptionRecord, _ kind: SubscriptionKind) {
            id = record.id
            session = record.session
            createdAt = record.createdAt
            self.kind = kind
        }
    }

    private let fixed: Fixed
    var id: SubscriptionID { fixed.id }
    var session: SessionID? { fixed.session }
    var kind: SubscriptionKind { fixed.kind }
    var config: StreamConfig { kind.config }
    var principal: Principal { kind.principal }
    var view: ViewKey { kind.view }
    var opening: Opening
    /// Nil while it is open, and for those in a session, which live as long as it does.
    var expiry: Expiry?
    /// The view it listens to, or would come back to.
    var topic: TopicID?

    /// - Parameter kind: that of the record.
    init(_ record: SubscriptionRecord, _ kind: SubscriptionKind, opening: Opening, expiry: Expiry?) {
        fixed = Fixed(record, kind)
        self.opening = opening
        self.expiry = expiry
    }

    /// Put together again: for those who show it.
    var record: SubscriptionRecord {
        SubscriptionRecord(
            id: id, type: kind.type, agent: kind.agent, resource: kind.resource, config: kind.config, session: session,
            principal: kind.principal, createdAt: fixed.createdAt)
    }
}

struct Session: Sendable {
    let record: SessionRecord
    var opening: Opening
    var expiry: Expiry?
    /// In the order of creation.
    var subscriptions: [SubscriptionID] = []
    /// What its connection reads while it is open.
    var reading = SessionReading()
}

/// The topics of an open session.
struct SessionReading: Sendable {
    /// How many of its subscriptions listen to each.
    var listeners: [TopicID: Int] = [:]
    /// Those among them that are views of every agent.
    var ofEvery: Set<TopicID> = []
    /// Those that the connection is sent: all but what a view of every agent covers.
    var joined: Set<TopicID> = []
}

/// Subscriptions and sessions by id, and how many each token has.
struct SubscriptionTable: Sendable {
    private var subscriptions: [SubscriptionID: Subscription] = [:]
    private(set) var sessions: [SessionID: Session] = [:]
    private var perToken: [TokenName: Int] = [:]
    /// What subscriptions have in common, and how many of them.
    private var kinds: [SubscriptionKind: Int] = [:]
    /// The views of every agent that are subscribed to, opened or not, and by how many.
    private var viewsOfEveryAgent: [ViewKey: Int] = [:]
    /// Ids in the order of creation; removed ones stay until they are the majority. An id is never used again.
    private var order: [SubscriptionID] = []

    var subscriptionCount: Int { subscriptions.count }
    var tokenCount: Int { perToken.count }
    /// How many different ones there are, ids and ages aside.
    var kindCount: Int { kinds.count }
    var viewOfEveryAgentCount: Int { viewsOfEveryAgent.count }

    subscript(id: SubscriptionID) -> Subscription? {
        get { subscriptions[id] }
        _modify { yield &subscriptions[id] }
    }

    subscript(id: SessionID) -> Session? {
        get { sessions[id] }
        _modify { yield &sessions[id] }
    }

    /// In the order of creation.
    var inOrder: some Sequence<Subscription> { order.lazy.compactMap { subscriptions[$0] } }

    /// Whether one more subscription or session is within the bounds.
    func checkRoom(for principal: Principal, _ settings: BrokerSettings) throws(BrokerError) {
        guard subscriptions.count + sessions.count < settings.maxSubscriptions else { throw .overloaded }
        let limit = settings.maxSubscriptionsPerToken
        guard let token = principal.token, perToken[token, default: 0] >= limit else { return }
        throw .subscriptionLimit(limit)
    }

    /// Whether the subscription would need no further view of every agent, or there is room for one.
    func checkRoom(for view: ViewKey, _ settings: BrokerSettings) throws(BrokerError) {
        guard view.agent == .every, viewsOfEveryAgent[view] == nil else { return }
        guard viewsOfEveryAgent.count < settings.maxViewsOfEveryAgent else { throw .overloaded }
    }

    mutating func insert(_ record: SubscriptionRecord, opening: Opening, expiry: Expiry?) {
        let kind = share(SubscriptionKind(record))
        subscriptions[record.id] = Subscription(record, kind, opening: opening, expiry: expiry)
        order.append(record.id)
        if let session = record.session { sessions[session]?.subscriptions.append(record.id) }
        if kind.view.agent == .every { viewsOfEveryAgent[kind.view, default: 0] += 1 }
        count(record.principal.token, by: 1)
    }

    /// The one of those that are equal which all use.
    private mutating func share(_ kind: SubscriptionKind) -> SubscriptionKind {
        guard let index = kinds.index(forKey: kind) else {
            kinds[kind] = 1
            return kind
        }
        kinds.values[index] += 1
        return kinds.keys[index]
    }

    private mutating func unshare(_ kind: SubscriptionKind) {
        guard let count = kinds[kind] else { return }
        kinds[kind] = count > 1 ? count - 1 : nil
    }

    mutating func insert(_ session: Session) {
        sessions[session.record.id] = session
        count(session.record.principal.token, by: 1)
    }

    mutating func remove(_ id: SubscriptionID) {
        guard let subscription = subscriptions.removeValue(forKey: id) else { return }
        if let session = subscription.session { sessions[session]?.subscriptions.removeAll { $0 == id } }
        unshare(subscription.kind)
        if let count = viewsOfEveryAgent[subscription.view] {
            viewsOfEveryAgent[subscription.view] = count > 1 ? count - 1 : nil
        }
        count(subscription.principal.token, by: -1)
        if order.count > 2 * subscriptions.count + 64 { order.removeAll { subscriptions[$0] == nil } }
    }

    mutating func remove(_ id: SessionID) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        count(session.record.principal.token, by: -1)
    }

    private mutating func count(_ token: TokenName?, by change: Int) {
        guard let token else { return }
        perToken[token, default: 0] += change
        if perToken[token] == 0 { perToken[token] = nil }
    }
}
