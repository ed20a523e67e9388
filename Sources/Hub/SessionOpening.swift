import Broker
import Fanout
import Model
import Service
import Storage

// A client opens a session: one connection for many subscriptions, and one `Last-Event-ID` for all of them.

/// What the client of a session brings back.
enum SessionCursor: Equatable {
    /// Nothing: a new client.
    case none
    /// None of this program's ids.
    case garbage
    case position(EventID.SessionPosition)

    init(_ text: String?) {
        guard let text else {
            self = .none
            return
        }
        if case .session(let position)? = EventID(text) { self = .position(position) } else { self = .garbage }
    }

    var marks: [PositionLabel: UInt64] { if case .position(let position) = self { position.marks } else { [:] } }
}

extension Hub {
    /// - Returns: nil when the stream has been opened.
    func open(
        _ id: SessionID, cursor: String?, on port: Int, _ exchange: any StreamExchange
    ) -> StreamAnswer? {
        let connection = nextConnection()
        connections[connection] = Connection(port: port, target: .session(id))
        ports[port].hold(exchange, for: connection)
        defer { opening = nil }
        let cursor = SessionCursor(cursor)
        let missedEnds = missedEnds(in: id, cursor)
        do throws(BrokerError) {
            try change { (broker, now, actions) throws(BrokerError) in
                try broker.connect(id, connection, missedEnds: missedEnds, now, into: &actions)
                // It is a stream from here on; what the broker wants done with it comes after.
                start(connection, cursor, reading: broker.subscriptions(in: id).map(\.view), actions.attachments)
            }
            return nil
        } catch {
            connections[connection] = nil
            ports[port].release(connection)
            return .refused(ServiceError(error))
        }
    }

    /// The subscriptions to tasks that have ended whose end the client has not been told, as its cursor says.
    private func missedEnds(in id: SessionID, _ cursor: SessionCursor) -> Set<SubscriptionID> {
        guard case .position(let position) = cursor else { return [] }
        let missed = broker.subscriptions(in: id).filter { subscription in
            endedTasks[subscription.id].map { position.marks[$0.label, default: 0] <= $0.seq } ?? false
        }
        return Set(missed.map(\.id))
    }

    /// Finds out what each subscription goes on with, and begins the stream: where the client stands, what it has
    /// missed for good.
    private func start(
        _ connection: ConnectionID, _ cursor: SessionCursor, reading: [ViewKey], _ attachments: [Attachment]
    ) {
        var start = StreamStart(connection: connection, marks: marks(of: cursor, reading))
        var opening = SessionOpening(from: cursor, epoch: store.epoch, number: eventNumber)
        for attachment in attachments where !attachment.view.key.isTaskOutput {
            let view = views[attachment.view.topic] ?? View(attachment.view, ports: ports.count)
            let resumption = resumption(of: attachment, view, cursor, reading)
            start.resumptions[attachment.subscription] = resumption
            guard resumption.loss != .none else { continue }
            if view.hasOwnPosition { start.marks[PositionLabel(view.key)] = resumption.after }
            opening.gaps.append(
                .init(
                    missed: resumption.loss.missed, subscription: attachment.subscription,
                    label: label(attachment, view),
                    position: view.hasOwnPosition ? resumption.after : eventNumber))
        }
        self.opening = start
        let now = EventID.SessionPosition(epoch: store.epoch, number: eventNumber, marks: start.marks)
        guard let port = connections[connection]?.port else { return }
        ports[port].start(
            connection, opening.bytes(retry: jitteredRetry(), upTo: now),
            ids: ComposedIDs(prefix: now.prefix, common: now.number, marks: now.marks))
    }

    /// Those of the cursor's marks that still mean something: of tasks in any life, of other views in this one.
    private func marks(of cursor: SessionCursor, _ reading: [ViewKey]) -> [PositionLabel: UInt64] {
        guard case .position(let position) = cursor else { return [:] }
        let kept = reading.filter { $0.isTaskOutput || position.epoch == store.epoch }
        let labels = Set(kept.map { PositionLabel($0) })
        return position.marks.filter { labels.contains($0.key) }
    }

    private func label(_ attachment: Attachment, _ view: View) -> PositionLabel {
        view.hasOwnPosition ? PositionLabel(view.key) : PositionLabel(gapOf: attachment.subscription)
    }

    private func resumption(
        of attachment: Attachment, _ view: View, _ cursor: SessionCursor, _ reading: [ViewKey]
    ) -> Resumption {
        switch cursor {
        case .none: return .fresh(view)
        case .garbage: return .unknown(view)
        case .position(let position):
            guard position.epoch == store.epoch, position.number <= eventNumber else {
                return attachment.isResumed ? .unknown(view) : .fresh(view)
            }
            guard let joined = joinedAt[attachment.subscription] else { return .fresh(view) }
            let common = view.hasOwnPosition ? 0 : position.number
            // What a view of every agent has brought is marked there.
            let labels = [label(attachment, view)] + reading.filter { $0.covers(view.key) }.map { PositionLabel($0) }
            let reached = labels.reduce(common) { max($0, position.marks[$1, default: 0]) }
            var resumption = Resumption(after: max(reached, joined), view: view)
            if reached < joined, view.history == nil { resumption.isNew = true }
            return resumption
        }
    }
}

/// The first bytes of a session's stream. Each gap has an id of its own: a connection that breaks between two of them
/// leaves no gap untold and tells none again.
private struct SessionOpening {
    struct Gap {
        var missed: UInt64?
        var subscription: SubscriptionID
        /// What is marked, and with what, once the gap has been told.
        var label: PositionLabel
        var position: UInt64
    }

    /// Where the client stood.
    private let start: EventID.SessionPosition
    var gaps: [Gap] = []

    init(from cursor: SessionCursor, epoch: UInt64, number: UInt64) {
        if case .position(let position) = cursor, position.epoch == epoch, position.number <= number {
            start = position
        } else {
            start = .init(epoch: 0, number: 0, marks: cursor.marks)
        }
    }

    func bytes(retry: Milliseconds, upTo now: EventID.SessionPosition) -> [UInt8] {
        guard let last = gaps.last else { return ControlEvent.opening(retry: retry, id: .session(now)) }
        var position = start
        var bytes = ControlEvent.opening(retry: retry, id: .session(position))
        for gap in gaps.dropLast() {
            position.marks[gap.label] = gap.position
            bytes += ControlEvent.gap(missed: gap.missed, gap.subscription, id: .session(position))
        }
        return bytes + ControlEvent.gap(missed: last.missed, last.subscription, id: .session(now))
    }
}

extension ViewKey {
    /// Whether this is a view of every agent that brings the events of the other, which is one of an agent.
    fileprivate func covers(_ other: ViewKey) -> Bool {
        guard agent == .every, case .one = other.agent else { return false }
        return type == other.type && resource == other.resource && name == other.name
    }
}

extension PositionLabel {
    /// Of a subscription that has been told of its gap while others of its session have not.
    fileprivate init(gapOf subscription: SubscriptionID) { self.init(hashing: ["gap", subscription.text]) }
}

extension [BrokerAction] {
    fileprivate var attachments: [Attachment] {
        compactMap { if case .attach(let attachment) = $0 { attachment } else { nil } }
    }
}
