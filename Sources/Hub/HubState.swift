import AgentLink
import Broker
import Fanout
import Model
import Pipeline
import Processing
import Service
import Synchronization
import Wire

/// What other threads read without a message: whether the gateway takes requests.
package final class HubShared: Sendable {
    private let draining = Atomic<Bool>(false)
    private let ready = Atomic<Bool>(false)

    package var isReady: Bool { ready.load(ordering: .acquiring) }
    package var isDraining: Bool { draining.load(ordering: .acquiring) }
    func becomeReady() { ready.store(true, ordering: .releasing) }
    func becomeDraining() { draining.store(true, ordering: .releasing) }
}

/// One view that somebody reads, or may come back to.
struct View {
    let topic: TopicID
    let key: ViewKey
    let filter: JSONFilter?
    /// What its events depend on; nil where they are rendered by `filter` and `query` alone.
    let config: StreamConfig?
    /// What a line of a log has to have in it.
    let query: TextQuery?
    /// Events of this view so far, rendered or not: the `index` of the last one.
    var index: UInt64 = 0
    /// Hub-wide number of the last one.
    var lastNumber: UInt64 = 0
    /// Events that the logs hold: the most that one of its readers wants kept while it is slow, or what it takes to have
    /// the newest of every agent.
    var depth = 1
    /// Connections per client loop; events go to the loops that have any.
    var readers: [Int]
    /// Of a deployment: which of its events it shows.
    let detail: DeploymentDetail?
    /// Of task output, for each client loop: number of the last line that had come when its log was opened.
    var logAfter: [UInt64]
    /// From `event:` to before the timestamp, the same for every event of a view of one agent.
    let prefix: EventPrefix
    /// The latest events, where the type is kept and not on disk.
    let history: EventHistory?
    /// Their numbers; from when a session reads it.
    private var numbers: NumberLog?

    /// Numbers of events that are kept, to count what was missed: those of a view of one agent at ten a second for
    /// longer than a session can be taken up, and those of every agent accordingly.
    private static let numbersOfOne = 1 << 10
    private static let numbersOfEvery = 1 << 14

    init(_ description: ViewDescription, ports: Int) {
        topic = description.topic
        key = description.key
        // Names that do not exist were refused with the request.
        filter = try? JSONFilter.compile(description.config.filters, for: WireMetrics.self)
        query = TextQuery(description.config.query)
        config = description.key.type.info.derivedFrom == nil ? nil : description.config
        readers = Array(repeating: 0, count: ports)
        logAfter = Array(repeating: 0, count: description.key.isTaskOutput ? ports : 0)
        detail = description.key.type == .deploymentStatus ? DeploymentDetail(description.config) : nil
        prefix = EventPrefix(description.key, format: description.config.format)
        let info = description.key.type.info
        history = info.buffered && info.category != .task ? EventHistory() : nil
    }

    /// Counts the next event, which has this number, or what stands for so many.
    mutating func count(_ number: UInt64, events: UInt64 = 1) {
        index &+= events
        lastNumber = number
        numbers?.append(number, index: index)
    }

    /// From now on `count(after:)` has answers.
    mutating func rememberNumbers() {
        guard numbers == nil else { return }
        numbers = NumberLog(
            limit: key.agent == .every ? Self.numbersOfEvery : Self.numbersOfOne, floor: lastNumber, index: index)
    }

    /// How many events have a greater number; nil when nobody remembers.
    func count(after number: UInt64) -> UInt64? {
        number >= lastNumber ? 0 : numbers?.index(at: number).map { index - $0 }
    }

    var isTaskOutput: Bool { key.isTaskOutput }
    /// Whether somebody reads it now.
    var isRead: Bool { readers.contains { $0 > 0 } }
    /// Whether the newest event replaces what waits for a slow client.
    var conflates: Bool { key.type.info.category == .periodic }
    /// Whether it does so for each agent by itself.
    var conflatesByAgent: Bool { conflates && key.agent == .every }
    /// Whether the client of a session has a position of its own in it; all other views share one.
    var hasOwnPosition: Bool { isTaskOutput || history != nil }
}

/// An open SSE connection.
struct Connection {
    let target: Target
    let format: EventFormat
    /// The topics it reads.
    var topics = TopicSet.none
    private let portIndex: UInt16
    /// Index of its client loop.
    var port: Int { Int(portIndex) }

    enum Target {
        case subscription(SubscriptionID)
        case session(SessionID)
    }

    init(port: Int, target: Target, format: EventFormat = .current) {
        portIndex = UInt16(port)
        self.target = target
        self.format = format
    }

    /// Nil for a session.
    var subscription: SubscriptionID? { if case .subscription(let id) = target { id } else { nil } }
    /// Nil for a single stream.
    var session: SessionID? { if case .session(let id) = target { id } else { nil } }
}

/// Topics, of which there is one as a rule: only sessions read more.
enum TopicSet {
    case none
    case one(TopicID)
    case many(Set<TopicID>)

    mutating func insert(_ topic: TopicID) {
        switch self {
        case .none: self = .one(topic)
        case .one(topic): break
        case .one(let other): self = .many([other, topic])
        case .many(var topics):
            self = .none  // so that the set is not copied
            topics.insert(topic)
            self = .many(topics)
        }
    }

    mutating func remove(_ topic: TopicID) {
        switch self {
        case .one(topic): self = .none
        case .none, .one: break
        case .many(var topics):
            self = .none  // so that the set is not copied
            topics.remove(topic)
            self = .many(topics)
        }
    }

    func forEach(_ body: (TopicID) -> Void) {
        switch self {
        case .none: break
        case .one(let topic): body(topic)
        case .many(let topics): topics.forEach(body)
        }
    }
}

/// A task's stream that has been written to its end.
struct EndedTask {
    /// Number of its last event.
    var seq: UInt64
    /// Whose it is, if it is a session's, and what it is called there.
    var session: SessionID?
    var label: PositionLabel
}

/// One stream that runs, or would: what has come of it since it started. Confined to the hub.
final class StreamFlow {
    let key: StreamKey
    /// Where its agent found it by its short name.
    var ref: UInt32?
    var eventsIn: UInt64 = 0
    var eventsOut: UInt64 = 0
    var rate = RateMeter()
    /// Where its numbered lines stand.
    var lines = LineNumbers()
    /// The newest, where a new reader gets it first.
    var lastProcessed: ProcessedEvent?

    init(_ key: StreamKey) { self.key = key }
}

/// Events per second over the last ten seconds, in ten buckets.
struct RateMeter {
    private var buckets = [UInt32](repeating: 0, count: 10)
    private var second: UInt64 = 0
    private var first: UInt64?

    mutating func count(_ events: Int, at time: MonotonicTime) {
        advance(to: time.nanoseconds / 1_000_000_000)
        buckets[Int(second % 10)] += UInt32(clamping: events)
    }

    mutating func perSecond(at time: MonotonicTime) -> Double {
        advance(to: time.nanoseconds / 1_000_000_000)
        guard let first else { return 0 }
        let span = min(10, second - first + 1)
        return Double(buckets.reduce(0) { $0 + UInt64($1) }) / Double(span)
    }

    private mutating func advance(to now: UInt64) {
        if first == nil { (first, second) = (now, now) }
        if now >= second + 10 {
            buckets = [UInt32](repeating: 0, count: 10)
        } else {
            while second < now {
                second += 1
                buckets[Int(second % 10)] = 0
            }
        }
        second = max(second, now)
    }
}

/// Totals since the start, for `/metrics`.
struct HubCounters {
    var eventsIn: UInt64 = 0
    var eventsPublished: UInt64 = 0
    var eventsRendered: UInt64 = 0
    /// Samples of streams that nobody wants any more.
    var staleSamples: UInt64 = 0
    var duplicateLines: UInt64 = 0
    var linesIn: UInt64 = 0
    /// Lines of containers that agents dropped.
    var linesLost: UInt64 = 0
    var tasksCreated: UInt64 = 0
    var streamsOpened: UInt64 = 0
    var streamsRefused: UInt64 = 0
    var agentsConnected: UInt64 = 0
    var agentsLost: UInt64 = 0
    /// Times that reading from agents stopped because a client loop did not keep up.
    var agentPauses: UInt64 = 0
    /// Connections closed because the store had no room for what they brought.
    var agentsSentAway: UInt64 = 0
    /// Samples and events that the processors did not get, because too much waited for them.
    var samplesNotProcessed: UInt64 = 0
    /// Items of reliable streams that came again after they had been taken.
    var duplicateItems: UInt64 = 0
    /// Items that could not be kept at the moment; they stay with their agent.
    var itemsRefused: UInt64 = 0
    /// Items that agents dropped.
    var itemsLost: UInt64 = 0
}

/// Buffers that the hot path uses again and again, so that an event allocates nothing.
final class Scratch {
    let event = WireBuffer()
    /// What the events of a batch have in common.
    let head = WireBuffer()
    let arena = WireArena()
    var due: [DueView] = []
}
