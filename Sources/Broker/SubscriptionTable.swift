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

struct Subscription: Sendable {
    /// What never changes, behind one reference: subscriptions are copied a lot, and a record is many strings.
    private final class Fixed: Sendable {
        let record: SubscriptionRecord
        let view: ViewKey

        init(_ record: SubscriptionRecord) {
            self.record = record
            view = ViewKey(record)
        }
    }

    private let fixed: Fixed
    var record: SubscriptionRecord { fixed.record }
    var view: ViewKey { fixed.view }
    var opening: Opening
    /// Nil while it is open, and for those in a session, which live as long as it does.
    var expiry: Expiry?
    /// The view it listens to, or would come back to.
    var topic: TopicID?

    init(_ record: SubscriptionRecord, opening: Opening, expiry: Expiry?) {
        fixed = Fixed(record)
        self.opening = opening
        self.expiry = expiry
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
    /// The views of every agent that are subscribed to, opened or not, and by how many.
    private var viewsOfEveryAgent: [ViewKey: Int] = [:]
    /// Ids in the order of creation; removed ones stay until they are the majority. An id is never used again.
    private var order: [SubscriptionID] = []

    var subscriptionCount: Int { subscriptions.count }
    var tokenCount: Int { perToken.count }
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

    mutating func insert(_ subscription: Subscription) {
        let id = subscription.record.id
        subscriptions[id] = subscription
        order.append(id)
        if let session = subscription.record.session { sessions[session]?.subscriptions.append(id) }
        if subscription.view.agent == .every { viewsOfEveryAgent[subscription.view, default: 0] += 1 }
        count(subscription.record.principal.token, by: 1)
    }

    mutating func insert(_ session: Session) {
        sessions[session.record.id] = session
        count(session.record.principal.token, by: 1)
    }

    mutating func remove(_ id: SubscriptionID) {
        guard let subscription = subscriptions.removeValue(forKey: id) else { return }
        if let session = subscription.record.session { sessions[session]?.subscriptions.removeAll { $0 == id } }
        if let count = viewsOfEveryAgent[subscription.view] {
            viewsOfEveryAgent[subscription.view] = count > 1 ? count - 1 : nil
        }
        count(subscription.record.principal.token, by: -1)
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
