import Fanout
import Model
package import Reactor
import Service
import Storage
import Synchronization

/// How the hub reaches one client loop: messages in order, events in batches.
///
/// What waits for a loop that is stuck is bounded by the hub, which reads nothing from agents while `isFull`.
///
/// @unchecked Sendable because the variables are touched on the hub's loop only (checked in debug builds), and the rest
/// does not change.
package final class ClientPort: @unchecked Sendable {
    let loop: EventLoop
    private let hubLoop: EventLoop
    private let seat: ClientSeat
    private var batch = EventBatch()
    private var isFlushScheduled = false
    /// Set at the end of `init`, because they are given self.
    private var flushJob: LoopJob!
    private var deliverJob: LoopJob!
    private let batches = Mutex(Batches())
    /// Bytes that the loop has not handled yet: added by the hub's loop, subtracted by the other.
    private let waiting = Atomic<Int>(0)
    /// More than `maxWaitingBytes` waited, and not less than half of it since. On the hub's loop.
    private(set) var isFull = false
    /// Called on the hub's loop when `isFull` has changed.
    var onFullChange: (() -> Void)?

    /// Events that wait to be sent over together; beyond it they go at once.
    private static let maxBatchBytes = 256 << 10

    /// Far from what the gateway may take in a flood, and a quarter of a second of it.
    private static let maxWaitingBytes = 16 << 20

    /// What is neither being filled nor being read.
    private struct Batches {
        /// In the order in which they were sent.
        var sent: [EventBatch] = []
        /// Empty ones.
        var spare: [EventBatch] = []
        /// More of them are around only while the loop does not keep up.
        static let maxSpare = 4
    }

    package init(loop: EventLoop, hubLoop: EventLoop, seat: ClientSeat) {
        self.loop = loop
        self.hubLoop = hubLoop
        self.seat = seat
        flushJob = LoopJob { [weak self] in self?.flushNow() }
        deliverJob = LoopJob { [weak self] in self?.deliver() }
    }

    // MARK: - Events

    /// Hands over one rendered event, together with what else this pass of the hub's loop publishes.
    /// - Parameter key: for slow clients of a topic that conflates, a newer event of the same key replaces it; 0: it has
    ///   none.
    func publish(topic: TopicNumber, number: UInt64, key: UInt64 = 0, _ bytes: UnsafeRawBufferPointer) {
        hubLoop.assertInLoop()
        batch.append(topic: topic, seq: number, key: key, event: bytes)
        if batch.byteCount > Self.maxBatchBytes { return flush() }
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        hubLoop.runDeferred(flushJob)
    }

    /// All that the hub's loop has published since it last looked for input goes over together.
    private func flushNow() {
        isFlushScheduled = false
        flush()
    }

    private func flush() {
        guard !batch.isEmpty else { return }
        let full = batch
        batch = batches.withLock { batches in
            batches.sent.append(full)
            return batches.spare.popLast() ?? EventBatch()
        }
        post(full.byteCount) { loop.execute(deliverJob) }
    }

    /// On the client loop, once for each batch that was sent.
    private func deliver() {
        let batch = batches.withLock { $0.sent.removeFirst() }
        let bytes = batch.byteCount
        seat.publish(batch)
        batch.removeAll()
        batches.withLock { if $0.spare.count < Batches.maxSpare { $0.spare.append(batch) } }
        handled(bytes)
    }

    /// Whatever is said here comes after what was published before.
    /// - Parameter bytes: how much of it is for clients.
    private func send(_ bytes: Int = 0, _ body: @escaping @Sendable (ClientSeat) -> Void) {
        hubLoop.assertInLoop()
        flush()
        post(bytes) {
            loop.execute { [self] in
                body(seat)
                handled(bytes)
            }
        }
    }

    // MARK: - What waits

    /// - Parameter send: false when the loop takes nothing any more.
    private func post(_ bytes: Int, _ send: () -> Bool) {
        let now = waiting.add(bytes, ordering: .relaxed).newValue
        guard send(), now > Self.maxWaitingBytes, !isFull else { return }
        isFull = true
        onFullChange?()
    }

    /// On the client loop. The message to the hub's loop comes after `isFull` was set, whatever has been seen when.
    private func handled(_ bytes: Int) {
        let (before, now) = waiting.subtract(bytes, ordering: .relaxed)
        let half = Self.maxWaitingBytes / 2
        if before > half, now <= half { hubLoop.execute { [self] in relieved() } }
    }

    private func relieved() {
        guard isFull, waiting.load(ordering: .relaxed) <= Self.maxWaitingBytes / 2 else { return }
        isFull = false
        onFullChange?()
    }

    // MARK: - Connections

    func answer(_ exchange: any StreamExchange, _ answer: StreamAnswer) { send { _ in exchange.answer(answer) } }

    /// Keeps the request until `start`.
    func hold(_ exchange: any StreamExchange, for id: ConnectionID) { send { $0.hold(exchange, for: id) } }

    /// Gives the request back unanswered: the caller answers it.
    func release(_ id: ConnectionID) { send { $0.release(id) } }

    /// The request becomes a stream that begins with these bytes.
    /// - Parameter ids: of a session's client, which gets ids of its own from there on.
    func start(_ id: ConnectionID, _ bytes: [UInt8], ids: ComposedIDs? = nil) {
        send(bytes.count) { $0.start(id, bytes, ids: ids) }
    }

    func write(_ bytes: [UInt8], to id: ConnectionID) { send(bytes.count) { $0.write(bytes, to: id) } }

    /// One event, which moves a position of the client's.
    func write(_ bytes: [UInt8], to id: ConnectionID, as event: OwnEvent) {
        send(bytes.count) { $0.write(bytes, to: id, as: event) }
    }

    /// The client's ids do not speak of this any more.
    func unmark(_ id: ConnectionID, _ label: PositionLabel) { send { $0.unmark(id, label) } }

    /// Writes the last bytes and closes when all is out.
    func finish(_ id: ConnectionID, _ bytes: [UInt8]) { send(bytes.count) { $0.finish(id, bytes) } }

    // MARK: - Topics

    /// Makes the topic, or changes how much its log holds.
    /// - Parameter history: what the log of a new topic begins with. Clients that come back need no copies of their own.
    func openTopic(_ topic: TopicNumber, maxBytes: Int, maxEvents: Int, history: EventHistory?) {
        send { $0.openTopic(topic, maxBytes: maxBytes, maxEvents: maxEvents) }
        history?.forEach { number, bytes in batch.append(topic: topic, seq: number, event: bytes) }
        flush()
    }

    func closeTopic(_ topic: TopicNumber) { send { $0.closeTopic(topic) } }

    func attach(_ id: ConnectionID, _ reading: TopicReading) { send { $0.attach(id, reading) } }

    /// These pieces at the client's own pace, and then the topic.
    func feed(_ pieces: [[UInt8]], to id: ConnectionID, then reading: TopicReading?) {
        send { $0.feed(pieces, to: id, then: reading) }
    }

    func detach(_ id: ConnectionID, from topic: TopicNumber) { send { $0.detach(id, from: topic) } }

    // MARK: - Task output

    func replay(_ replay: TaskReplay, to id: ConnectionID) { send { $0.replay(replay, to: id) } }

    func loseLines(
        _ missing: ClosedRange<UInt64>, of topic: TopicNumber, as number: UInt64, _ gapID: EventID,
        for id: ConnectionID
    ) {
        send { $0.loseLines(missing, of: topic, as: number, gapID, for: id) }
    }

    /// All lines up to this one have come, and what is to be shown of them has been published.
    func reached(_ seq: UInt64, of topic: TopicNumber, for id: ConnectionID) {
        send { $0.reached(seq, of: topic, for: id) }
    }

    func endTask(_ topic: TopicNumber, _ end: TaskEnd, for id: ConnectionID) {
        send { $0.endTask(topic, end, for: id) }
    }

    func lastWords(_ makeBytes: @escaping @Sendable (ConnectionID) -> [UInt8]) { send { $0.finishAll(makeBytes) } }

    /// The fan-out's counts; nil when the loop is gone. Any thread.
    func statistics() async -> FanoutStatistics? { await seat.statistics() }

    /// Of those of the connections that are open on this loop. Any thread.
    func statistics(of ids: [ConnectionID]) async -> [ConnectionID: ClientStatistics] {
        await seat.statistics(of: ids)
    }
}

/// `TopicID.number`.
typealias TopicNumber = UInt64

/// How one client reads one topic.
struct TopicReading: Sendable {
    var topic: TopicNumber
    /// Whose gap it is when events are lost.
    var subscription: SubscriptionID
    /// Only events with a greater number.
    var after: UInt64
    /// Whether the newest replaces what waits, of each key where the events have keys; otherwise the oldest go and a gap
    /// takes their place.
    var conflates: Bool
    /// Bounds of what may wait.
    var maxEvents: Int
    var maxBytes: Int
    /// The position that its events move; of a session's client.
    var label: PositionLabel

    var attachment: TopicAttachment {
        TopicAttachment(
            topic: topic, after: after, policy: conflates ? .conflate : .dropOldest, maxEvents: maxEvents,
            maxBytes: maxBytes, label: label)
    }
}
