package import Broker
package import Fanout
package import Model
package import Reactor
package import Service
package import Storage

/// The hub's side of one client loop: the connections there and what each of them is reading.
///
/// @unchecked Sendable because everything but `init` happens on the loop, which is checked.
package final class ClientSeat: @unchecked Sendable {
    package typealias Gone =
        @Sendable (_ connection: ConnectionID, _ counts: DeliveryCounts, _ completed: UInt64?) -> Void

    package typealias Ended = @Sendable (_ connection: ConnectionID, _ topic: TopicID, _ end: TaskReadEnd) -> Void

    /// How far the live log of a topic goes: the answer is `reached`.
    package typealias AskProgress = @Sendable (_ connection: ConnectionID, _ topic: TopicID) -> Void

    private let loop: EventLoop
    /// Set at the end of `init`, because it is given self. The two keep each other until `close`.
    private var clients: ClientLoop!
    private let reader: TaskOutputReader
    private let gone: Gone
    private let ended: Ended
    private let askProgress: AskProgress
    private var table: [ConnectionID: SeatedClient] = [:]
    private var retries: LoopTimer?
    /// Those that will look again, and those whose turn it is.
    private var waiting: Set<ConnectionID> = []
    private var due: Set<ConnectionID> = []

    /// A replay that has caught up with its file, and not yet with the live log, looks again after so long.
    private static let retryDelay: Duration = .milliseconds(10)
    /// So many look again before others on the loop have their turn: each reads a file.
    private static let retriesAtOnce = 32
    /// Bytes of the file that a replay renders at a time: an empty line of 20 bytes becomes an event of 300, so this
    /// stays far below what may wait for one client.
    private static let replayBytes = 16 << 10
    /// The same for a feed, whose pieces are small.
    private static let feedBytes = 256 << 10

    /// On the loop.
    package init(
        loop: EventLoop, configuration: FanoutConfiguration, reader: TaskOutputReader, gone: @escaping Gone,
        ended: @escaping Ended, askProgress: @escaping AskProgress
    ) {
        loop.preconditionInLoop()
        self.loop = loop
        self.reader = reader
        self.gone = gone
        self.ended = ended
        self.askProgress = askProgress
        clients = ClientLoop(loop: loop, configuration: configuration, delegate: self)
    }

    /// Closes what is still open.
    package func close() { clients.close() }

    // MARK: - Connections

    func hold(_ exchange: any StreamExchange, for id: ConnectionID) { table[id] = SeatedClient(exchange: exchange) }

    func release(_ id: ConnectionID) { table[id] = nil }

    func start(_ id: ConnectionID, _ bytes: [UInt8], ids: ComposedIDs? = nil) {
        guard let exchange = table[id]?.business.exchange else { return }
        table[id]?.business.exchange = nil
        table[id]?.business.isSession = ids != nil
        clients.accept(
            StreamRequest { exchange.takeRequest() }, as: id.number, head: exchange.head, bytes: bytes, ids: ids)
    }

    func write(_ bytes: [UInt8], to id: ConnectionID) { clients.write(id.number, bytes) }

    func write(_ bytes: [UInt8], to id: ConnectionID, as event: OwnEvent) {
        clients.write(id.number, bytes[...], as: event)
    }

    func unmark(_ id: ConnectionID, _ label: PositionLabel) { clients.unmark(id.number, label) }

    func finish(_ id: ConnectionID, _ bytes: [UInt8]) {
        table[id]?.business.replays = []
        clients.finish(id.number, bytes: bytes)
    }

    /// Says goodbye to everybody, to each in its own words.
    func finishAll(_ makeBytes: (ConnectionID) -> [UInt8]) {
        for id in Array(table.keys) { finish(id, makeBytes(id)) }
    }

    // MARK: - Topics

    func publish(_ batch: EventBatch) { clients.publish(batch) }

    /// Makes the topic, or changes how much its log holds.
    func openTopic(_ topic: TopicNumber, maxBytes: Int, maxEvents: Int) {
        clients.ensureTopic(topic, maxBytes: maxBytes, maxEvents: maxEvents)
    }

    func closeTopic(_ topic: TopicNumber) { clients.closeTopic(topic) }

    func attach(_ id: ConnectionID, _ reading: TopicReading) {
        table[id]?.add(
            SeatedClient.Reader(topic: reading.topic, subscription: reading.subscription, label: reading.label))
        clients.attach(id.number, reading.attachment)
    }

    /// Gives the client these pieces at its own pace, and then the topic.
    func feed(_ pieces: [[UInt8]], to id: ConnectionID, then reading: TopicReading?) {
        table[id]?.business.feed += pieces.map(SeatedClient.Feed.bytes)
        if let reading { table[id]?.business.feed.append(.topic(reading)) }
        feedMore(id)
    }

    /// - Returns: whether the client has to take this before more can come.
    @discardableResult
    private func feedMore(_ id: ConnectionID) -> Bool {
        guard var feed = table[id]?.business.feed, !feed.isEmpty else { return false }
        var count = 0
        while count < Self.feedBytes, let piece = feed.popFirst() {
            switch piece {
            case .bytes(let bytes):
                clients.write(id.number, bytes)
                count += bytes.count
            case .topic(let reading): attach(id, reading)
            }
        }
        // A slice keeps its array with all that was taken from it: a feed that is through gives its memory back.
        table[id]?.business.feed = feed.isEmpty ? [] : feed
        // Asked for where the feed is through too: files that are to be read wait for the same call.
        clients.notifyDrained(id.number)
        return true
    }

    func detach(_ id: ConnectionID, from topic: TopicNumber) {
        table[id]?.business.replays.removeAll { $0.topic == topic }
        table[id]?.business.tasks[topic] = nil
        table[id]?.leave(topic)
        table[id]?.business.feed.removeAll {
            if case .topic(let reading) = $0 { reading.topic == topic } else { false }
        }
        clients.detach(id.number, from: topic)
    }

    // MARK: - Task output

    /// Begins to read a task's file to the client; the live log follows without a seam.
    func replay(_ replay: TaskReplay, to id: ConnectionID) {
        guard let client = table[id] else { return }
        if client.business.exchange != nil, !begin(replay, id) { return }
        var replay = replay
        let stored = reader.stored(replay.task)
        if stored.isFinal {
            let last = replay.lastNumber(stored.lastSeq)
            if replay.isTold(endAt: last) { return conclude(replay, last, id) }
            replay.goBack(toEndAt: stored.lastSeq)
        }
        table[id]?.business.replays.append(replay)
        if client.business.replays.isEmpty { advance(id) }
    }

    /// - Returns: false when the client has seen the end already: it is told so, in the way that stops EventSource.
    private func begin(_ replay: TaskReplay, _ id: ConnectionID) -> Bool {
        let stored = reader.stored(replay.task)
        let last = replay.lastNumber(stored.lastSeq)
        if replay.after != nil, stored.isFinal, replay.next > last, let exchange = table[id]?.business.exchange {
            table[id]?.business.completed = last
            exchange.answer(.ended)
            left(id, DeliveryCounts())
            return false
        }
        start(id, replay.opening)
        return true
    }

    /// Reads the next piece of the first file, as long as the client takes it.
    private func advance(_ id: ConnectionID) {
        guard var replay = table[id]?.business.replays.first else { return }
        let step = replay.step(reader, maximumBytes: Self.replayBytes)
        table[id]?.business.replays[0] = replay
        write(step, of: replay, to: id)
        switch step.next {
        case .more: clients.notifyDrained(id.number)
        case .ended(let seq): conclude(replay, seq, id)
        case .caughtUp: join(replay, id)
        }
    }

    /// A session's client gets event by event, each with an id of its own.
    private func write(_ step: TaskReplay.Step, of replay: TaskReplay, to id: ConnectionID) {
        guard let label = replay.label else {
            return clients.write(id.number, step.bytes, events: step.events.count)
        }
        var start = 0
        for event in step.events {
            clients.write(
                id.number, step.bytes[start..<event.end], as: OwnEvent(topic: 0, label: label, seq: event.seq))
            start = event.end
        }
    }

    /// The file has nothing more at the moment. Where the live log reaches back to it, the client goes on there.
    private func join(_ replay: TaskReplay, _ id: ConnectionID) {
        if let end = replay.end, replay.isBeyond(endAt: end.seq) {
            var again = replay
            write(again.startOver(), of: again, to: id)
            table[id]?.business.replays[0] = again
            return advance(id)
        }
        if let end = replay.end, replay.next > end.seq { return conclude(replay, end.seq, id, exitCode: end.exitCode) }
        let log = clients.range(of: replay.topic)
        guard replay.meets(log) else {
            return replay.isUnsure(of: log) ? askProgress(id, TopicID(replay.topic)) : lookAgain(id)
        }
        table[id]?.business.replays.removeFirst()
        table[id]?.business.tasks[replay.topic] = replay
        table[id]?.business.tasks[replay.topic]?.goLive()
        clients.attach(id.number, replay.attachment)
        if let end = replay.end { endTask(replay.topic, end, for: id) }
        advance(id)
    }

    /// The live log of a client that reads the file goes so far.
    func reached(_ seq: UInt64, of topic: TopicNumber, for id: ConnectionID) {
        guard let index = table[id]?.business.replays.firstIndex(where: { $0.topic == topic }) else { return }
        table[id]?.business.replays[index].noteProgress(seq)
        guard index == 0, let replay = table[id]?.business.replays[0] else { return }
        // Before it reads on: then more would have come meanwhile, and it had to ask again.
        if replay.meets(clients.range(of: topic)) { join(replay, id) } else { lookAgain(id) }
    }

    private func lookAgain(_ id: ConnectionID) {
        waiting.insert(id)
        scheduleRetries(after: Self.retryDelay)
    }

    private func scheduleRetries(after delay: Duration) {
        guard retries == nil else { return }
        retries = loop.schedule(after: delay) { [unowned self] in  // unowned: the timer is owned by self
            retries = nil
            if due.isEmpty { swap(&due, &waiting) }
            for _ in 0..<Self.retriesAtOnce {
                guard let id = due.popFirst() else { break }
                advance(id)
            }
            if !due.isEmpty {
                scheduleRetries(after: .milliseconds(1))
            } else if !waiting.isEmpty {
                scheduleRetries(after: Self.retryDelay)
            }
        }
    }

    /// Lines will never come. A client that reads live is told here; one that reads a task's file finds the gap there.
    func loseLines(
        _ missing: ClosedRange<UInt64>, of topic: TopicNumber, as number: UInt64, _ gapID: EventID,
        for id: ConnectionID
    ) {
        guard let client = table[id] else { return }
        noteLoss(of: missing, topic, id)
        let live = client.business.tasks[topic]
        guard let subscription = live?.subscription ?? client.reader(of: topic)?.subscription else { return }
        let gap = ControlEvent.gap(
            missed: UInt64(missing.count), from: missing.lowerBound, to: missing.upperBound, subscription, id: gapID,
            format: live?.prefix.format ?? .current)
        let label = live?.label ?? client.reader(of: topic)?.label ?? .common
        clients.write(id.number, gap[...], as: OwnEvent(topic: live == nil ? 0 : topic, label: label, seq: number))
    }

    /// The log has no trace of lines that were lost: whoever reads the file reads it on until it has told of them.
    private func noteLoss(of missing: ClosedRange<UInt64>, _ topic: TopicNumber, _ id: ConnectionID) {
        table[id]?.business.tasks[topic]?.noteLoss(upTo: missing.upperBound)
        guard let index = table[id]?.business.replays.firstIndex(where: { $0.topic == topic }) else { return }
        table[id]?.business.replays[index].noteLoss(upTo: missing.upperBound)
    }

    /// The task has ended. A client that reads live is through when it has taken all, and may fall behind until then;
    /// one that reads the file finds the end there.
    func endTask(_ topic: TopicNumber, _ end: TaskEnd, for id: ConnectionID) {
        if table[id]?.business.tasks[topic] != nil {
            table[id]?.business.tasks[topic]?.end = end
            return clients.notifyDrained(id.number)
        }
        guard let index = table[id]?.business.replays.firstIndex(where: { $0.topic == topic }) else { return }
        table[id]?.business.replays[index].end = end
        if index == 0 { lookAgain(id) }
    }

    private func conclude(_ replay: TaskReplay, _ seq: UInt64, _ id: ConnectionID, exitCode: Int32? = nil) {
        table[id]?.business.replays.removeAll { $0.topic == replay.topic }
        table[id]?.business.tasks[replay.topic] = nil
        let exitCode = exitCode ?? replay.exitCode
        guard replay.label == nil else {
            clients.detach(id.number, from: replay.topic)
            let end = TaskReadEnd(seq: seq, exitCode: exitCode, isTold: replay.isTold(endAt: seq))
            ended(id, TopicID(replay.topic), end)
            return advance(id)
        }
        table[id]?.business.completed = seq
        let end = ControlEvent.end(
            .completed, replay.subscription, exitCode: exitCode, format: replay.prefix.format)
        clients.finish(id.number, bytes: end)
    }

    // MARK: - Ends

    private func left(_ id: ConnectionID, _ counts: DeliveryCounts) {
        guard let client = table.removeValue(forKey: id) else { return }
        waiting.remove(id)
        due.remove(id)
        gone(id, counts, client.business.completed)
    }

    /// The fan-out's counts; nil when the loop is gone. Any thread.
    package nonisolated func statistics() async -> FanoutStatistics? { try? await clients.statistics() }

    /// Of those of the connections that are open here. Any thread.
    nonisolated func statistics(of ids: [ConnectionID]) async -> [ConnectionID: ClientStatistics] {
        let found = (try? await clients.statistics(of: ids.map(\.number))) ?? [:]
        return Dictionary(uniqueKeysWithValues: found.map { (ConnectionID($0), $1) })
    }
}

extension ClientSeat: ClientLoopDelegate {
    package func clientGone(_ client: UInt64, reason: ClientGone, statistics: ClientStatistics) {
        let id = ConnectionID(client)
        if reason != .finished { table[id]?.business.completed = nil }
        var counts = DeliveryCounts()
        counts.delivered = statistics.delivered
        counts.dropped = statistics.dropped
        counts.conflated = statistics.conflated
        left(id, counts)
    }

    /// Slow on a log that forgets: of events and logs a gap is left, a task is read on from its file.
    package func clientBehind(_ client: UInt64, loss: ClientLoss) -> [UInt8] {
        let id = ConnectionID(client)
        if var replay = table[id]?.business.tasks.removeValue(forKey: loss.topic) {
            // What the log still holds, and gaps that stand behind the loss, are read from the file, in its order.
            clients.leave(client, from: loss.topic, since: loss.range.lowerBound)
            replay.resume(at: loss.range.lowerBound)
            table[id]?.business.replays.append(replay)
            if table[id]?.business.replays.count == 1 { clients.notifyDrained(client) }
            return []
        }
        guard let here = table[id], let subscription = here.reader(of: loss.topic)?.subscription else { return [] }
        // The fan-out writes the id that a session's client gets.
        return ControlEvent.gap(
            missed: loss.missed, subscription, id: here.business.isSession ? .line(loss.range.upperBound) : nil)
    }

    package func clientDrained(_ client: UInt64) {
        let id = ConnectionID(client)
        if feedMore(id) { return }
        for live in table[id].map({ Array($0.business.tasks.values) }) ?? [] {
            if let end = live.end { conclude(live, end.seq, id, exitCode: end.exitCode) }
        }
        advance(id)
    }
}
