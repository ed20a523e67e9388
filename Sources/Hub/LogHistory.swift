import Broker
import Model
import Pipeline
import Processing
import Storage
import Wire

// `processed_logs` with `since`: lines that are stored, then live ones, each once.
//
// A mark goes through the pipeline. When it has passed, what was published is of lines before it; from there on the
// client reads live. When the lines before it are stored, they are read up to the last of them. The live log waits
// meanwhile: it is open, and the client's place in it is known.

struct LogHistoryRequest {
    var connection: ConnectionID
    var attachment: Attachment
    var since: WallTime
    /// Where the client goes on live; known when the mark has passed.
    var after: (number: UInt64, index: UInt64)?
}

extension Hub {
    /// Of a history, the newest so many lines; a gap tells of the others.
    static let longestHistory = 10_000

    func askForHistory(
        since: Milliseconds, _ attachment: Attachment, _ view: View, _ connection: Connection
    ) {
        let mark = nextMark()
        histories[mark] = LogHistoryRequest(
            connection: attachment.connection, attachment: attachment, since: now.wall + -since)
        pipeline.set(mark)
    }

    func marked(_ mark: PipelineMark) {
        guard let request = histories[mark] else { return }
        guard let view = views[request.attachment.view.topic], connections[request.connection] != nil else {
            return histories[mark] = nil
        }
        histories[mark]!.after = (view.lastNumber, view.index)
        if store.logs.health != .healthy { goOnWithoutHistory(mark) }
    }

    /// While the disk fails, the lines before a mark are not stored, for nobody knows how long: who waits for them goes
    /// on live now, behind a gap. Once in a while, for those who waited already when it began to fail.
    func giveUpHistories() {
        guard store.logs.health != .healthy else { return }
        for (mark, request) in histories where request.after != nil { goOnWithoutHistory(mark) }
    }

    private func goOnWithoutHistory(_ mark: PipelineMark) {
        guard let request = histories.removeValue(forKey: mark), let after = request.after else { return }
        deliver(LogHistoryReader.History(left: nil), request, after: after)
    }

    func readHistory(behind mark: PipelineMark, upTo last: LogNumber) {
        guard let request = histories.removeValue(forKey: mark), let after = request.after,
            let view = views[request.attachment.view.topic], let config = view.config,
            connections[request.connection] != nil
        else { return }
        var query = LogQuery(agents: Set(historyAgents(of: view).map(\.id)))
        query.since = request.since
        query.levels = Set(config.levels.compactMap { LogLevel(name: $0) })
        let reader = LogHistoryReader(
            logs: store.logs, query: query, last: last, config: config, prefix: view.prefix, most: Self.longestHistory)
        Task {
            let history = await reader.read()
            self.deliver(history, request, after: after)
        }
    }

    private func historyAgents(of view: View) -> [Agent] {
        switch view.key.agent {
        case .one(let id): agents[id].map { [$0] } ?? []
        case .every: agents.values.filter { view.key.scope.allows($0.id, labels: $0.record.labels) }
        }
    }

    private func deliver(
        _ history: LogHistoryReader.History, _ request: LogHistoryRequest, after: (number: UInt64, index: UInt64)
    ) {
        let attachment = request.attachment
        guard let connection = connections[request.connection], let view = views[attachment.view.topic] else { return }
        var pieces = history.events
        if history.left != 0 {
            pieces.insert(ControlEvent.gap(missed: history.left, attachment.subscription), at: 0)
        }
        // From here on there is a place to come back to.
        if connection.session == nil {
            let place = EventID.event(.init(epoch: store.epoch, number: after.number, index: after.index))
            pieces.append(Array("id: \(place.text)\n\n".utf8))
        }
        let reading =
            attachment.joinsTopic
            ? reading(view, attachment.subscription, attachment.config, after: after.number, connection) : nil
        ports[connection.port].feed(pieces, to: request.connection, then: reading)
    }
}

/// Reads and renders a history, away from the loops.
struct LogHistoryReader: Sendable {
    struct History: Sendable {
        /// Rendered, oldest first.
        var events: [[UInt8]] = []
        /// How many there were before them; nil when nobody can say.
        var left: UInt64? = 0
    }

    let logs: LogStore
    let query: LogQuery
    let last: LogNumber
    let config: StreamConfig
    let prefix: EventPrefix
    let most: Int

    private static let page = 1_000

    @concurrent
    func read() async -> History {
        var history = History()
        var stored = StoredLogs()
        var next = LogNumber.zero
        let buffer = WireBuffer()
        do {
            while next < last {
                let page = try await logs.lines(of: query, after: next, limit: Self.page)
                for line in page.lines where line.number <= last {
                    guard let event = render(stored.event(line.record), into: buffer) else { continue }
                    history.events.append(event)
                }
                drop(&history)
                next = page.next
                if page.isAtEnd { break }
            }
        } catch {
            // The disk does not answer: what it would have told is missing, and nobody knows how much that is.
            history.left = nil
        }
        return history
    }

    private func drop(_ history: inout History) {
        let surplus = history.events.count - most
        guard surplus > 0 else { return }
        history.events.removeFirst(surplus)
        history.left = history.left.map { $0 + UInt64(surplus) }
    }

    private func render(_ event: ProcessedEvent, into buffer: WireBuffer) -> [UInt8]? {
        guard case .one(let agent) = event.agent,
            let rendered = event.render(for: config, now: MonotonicTime(nanoseconds: 0))
        else { return nil }
        buffer.removeAll()
        EventWriter.write(
            to: buffer, id: nil, prefix: prefix, agent: agent, at: event.time, metadata: rendered.metadata
        ) { $0.append(rendered.data) }
        return buffer.bytes
    }
}
