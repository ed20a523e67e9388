import Model

/// A view, who listens to it, and which streams feed it.
struct View: Sendable {
    let topic: TopicID
    let key: ViewKey
    let config: StreamConfig
    var listeners: [SubscriptionID: ConnectionID] = [:]
    /// Subscriptions without a connection that may be resumed.
    var retained = 0
    /// The agents that feed it: one, or those in scope that are known.
    var agents: Set<AgentID> = []

    var description: ViewDescription { ViewDescription(topic: topic, key: key, config: config) }

    func stream(on agent: AgentID) -> StreamKey { StreamKey(type: key.type, agent: agent, resource: key.resource) }
}

/// The open views, found by what they show and by the streams that feed them.
struct ViewTable: Sendable {
    private var views: [TopicID: View] = [:]
    private var topics: [ViewKey: TopicID] = [:]
    private var feeds: [StreamKey: [Feed]] = [:]
    /// Views of one agent, by that agent.
    private var ofAgent: [AgentID: Set<TopicID>] = [:]
    private var ofEvery: Set<TopicID> = []
    private var lastTopic: UInt64 = 0

    var count: Int { views.count }
    var feedCount: Int { feeds.values.reduce(0) { $0 + $1.count } }

    subscript(topic: TopicID) -> View? { views[topic] }

    /// In the order of opening.
    func views(of agent: AgentID) -> [TopicID] { ofAgent[agent, default: []].sorted() }
    /// In the order of opening.
    var viewsOfEveryAgent: [TopicID] { ofEvery.sorted() }

    func topic(of key: ViewKey) -> TopicID? { topics[key] }

    /// The caller adds the agents.
    mutating func open(_ key: ViewKey, config: StreamConfig) -> TopicID {
        lastTopic += 1
        let topic = TopicID(lastTopic)
        views[topic] = View(topic: topic, key: key, config: config)
        topics[key] = topic
        switch key.agent {
        case .one(let agent): ofAgent[agent, default: []].insert(topic)
        case .every: ofEvery.insert(topic)
        }
        return topic
    }

    /// Closes a view that nobody listens to or may come back to; false if somebody does.
    mutating func closeIfUnused(_ topic: TopicID) -> Bool {
        guard let view = views[topic], view.listeners.isEmpty, view.retained == 0 else { return false }
        for agent in view.agents { removeFeed(of: view.stream(on: agent), to: topic) }
        if case .one(let agent) = view.key.agent {
            ofAgent[agent]?.remove(topic)
            if ofAgent[agent]?.isEmpty == true { ofAgent[agent] = nil }
        }
        ofEvery.remove(topic)
        topics[view.key] = nil
        views[topic] = nil
        return true
    }

    mutating func add(_ agent: AgentID, to topic: TopicID) {
        // The view is read after it was changed: a copy held meanwhile would make the change copy all its agents.
        guard views[topic]?.agents.insert(agent).inserted == true, let view = views[topic] else { return }
        let stream = view.stream(on: agent)
        feeds[stream, default: []].insert(Feed(topic: topic, pace: view.pace), at: place(of: view, in: stream))
    }

    /// Views of every agent get a sample last. In a session they cover views of one agent: whoever has had the event of
    /// the one then lacks none of the other up to that number.
    private func place(of view: View, in stream: StreamKey) -> Int {
        let feeds = feeds[stream] ?? []
        guard view.key.agent != .every else { return feeds.count }
        return feeds.firstIndex { views[$0.topic]?.key.agent == .every } ?? feeds.count
    }

    mutating func remove(_ agent: AgentID, from topic: TopicID) {
        guard views[topic]?.agents.remove(agent) != nil, let view = views[topic] else { return }
        removeFeed(of: view.stream(on: agent), to: topic)
    }

    /// True if it is the view's first listener. A listener that is already there gets the new connection.
    mutating func listen(_ subscription: SubscriptionID, on connection: ConnectionID, to topic: TopicID) -> Bool {
        let isFirst = views[topic]?.listeners.isEmpty == true
        views[topic]?.listeners[subscription] = connection
        return isFirst
    }

    /// True if it was the view's last listener.
    mutating func unlisten(_ subscription: SubscriptionID, to topic: TopicID) -> Bool {
        guard views[topic]?.listeners.removeValue(forKey: subscription) != nil else { return false }
        return views[topic]?.listeners.isEmpty == true
    }

    mutating func retain(_ topic: TopicID) { views[topic]?.retained += 1 }
    mutating func release(_ topic: TopicID) { views[topic]?.retained -= 1 }

    /// Appends the views of `stream` that get the sample.
    mutating func collectDue(
        _ stream: StreamKey, sampledAt: UInt64, streamInterval: Milliseconds, into due: inout [DueView]
    ) {
        guard let index = feeds.index(forKey: stream) else { return }
        for position in feeds.values[index].indices {
            guard feeds.values[index][position].take(at: sampledAt, streamInterval: streamInterval) else { continue }
            let topic = feeds.values[index][position].topic
            due.append(DueView(topic: topic, isWatched: views[topic]?.listeners.isEmpty == false))
        }
    }

    /// The stream starts anew: its first sample, which comes at once, goes into every view.
    mutating func startAnew(_ stream: StreamKey) {
        guard let index = feeds.index(forKey: stream) else { return }
        for position in feeds.values[index].indices { feeds.values[index][position].startAnew() }
    }

    private mutating func removeFeed(of stream: StreamKey, to topic: TopicID) {
        feeds[stream]?.removeAll { $0.topic == topic }
        if feeds[stream]?.isEmpty == true { feeds[stream] = nil }
    }
}

extension View {
    /// The interval that its listeners asked for; nil where every event counts.
    fileprivate var pace: Milliseconds? { key.type.isPaced ? config.interval : nil }
}

extension StreamType {
    /// Whether each listener says how often it wants an event.
    var isPaced: Bool { self == .metrics || self == .processedMetrics }
}

/// The way of one stream into one view, no faster than the view's listeners asked for.
///
/// Of a regular stream it takes every k-th sample, with k the smallest number for which k sample intervals are not less
/// than the view's interval. The samples are the clock: what is compared is when they were taken, by their agent's clock,
/// with some tolerance for timers that are not exact. So nothing drifts, and a stall of the network changes nothing.
struct Feed: Sendable {
    let topic: TopicID
    /// Milliseconds; nil: each event.
    let pace: Milliseconds?
    private var lastTaken: UInt64?

    init(topic: TopicID, pace: Milliseconds?) {
        self.topic = topic
        self.pace = pace
    }

    /// Whether the sample goes into the view, and if so, notes that it did.
    /// - Parameters:
    ///   - time: when the sample was taken, in nanoseconds of the agent's clock, which may jump.
    ///   - streamInterval: how often the agent has been asked for a sample; 0 if it has not.
    mutating func take(at time: UInt64, streamInterval: Milliseconds) -> Bool {
        guard let pace else { return true }
        if let lastTaken, time >= lastTaken, time - lastTaken < Self.smallestGap(pace, streamInterval) { return false }
        lastTaken = time
        return true
    }

    mutating func startAnew() { lastTaken = nil }

    /// Between two samples that are taken, in nanoseconds: the interval, less a tolerance of a tenth (at least 50 ms), but
    /// never so much that the sample before the right one would do.
    private static func smallestGap(_ pace: Milliseconds, _ streamInterval: Milliseconds) -> UInt64 {
        let period = streamInterval > 0 ? min(streamInterval, pace) : pace
        let afterPrevious = pace - (pace - 1) / period * period
        let tolerance = min(max(pace / 10, 50), max(0, afterPrevious - period / 2))
        return UInt64(pace - tolerance) * 1_000_000
    }
}
