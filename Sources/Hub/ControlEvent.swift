import Broker
import JSON
import Model

/// What a connection is told besides events. Most have no `id:`, so they move no cursor.
enum ControlEvent {
    /// The first bytes of a stream: when to come back, and where it stands, so that losses before the first event can
    /// be seen.
    static func opening(retry: Milliseconds, id: EventID) -> [UInt8] {
        Array("retry: \(retry)\nid: \(id.text)\n\n".utf8)
    }

    static func status(
        _ state: StreamState, _ subscription: SubscriptionID?, at time: WallTime, format: EventFormat = .current
    ) -> [UInt8] {
        event("stream_status", format: format) { json in
            json.member("state", state.name)
            if let subscription { json.member("subscription_id", subscription.text) }
            if case .rejected(_, let message) = state { json.member("message", message) }
            json.name("timestamp")
            json.timestamp(millisecondsSince1970: time.millisecondsSince1970)
        }
    }

    /// - Parameter subscription: nil for a session, all of whose subscriptions it is about.
    static func draining(
        retry: Milliseconds, _ subscription: SubscriptionID?, at time: WallTime, format: EventFormat = .current
    ) -> [UInt8] {
        Array("retry: \(retry)\n".utf8)
            + event("stream_status", format: format) { json in
                json.member("state", "draining")
                if let subscription { json.member("subscription_id", subscription.text) }
                json.name("timestamp")
                json.timestamp(millisecondsSince1970: time.millisecondsSince1970)
            }
    }

    /// - Parameters:
    ///   - missed: nil when nobody can say how many.
    ///   - id: behind what is missing, so that it is told once.
    static func gap(
        missed: UInt64?, from: UInt64? = nil, to: UInt64? = nil, _ subscription: SubscriptionID, id: EventID? = nil,
        format: EventFormat = .current
    ) -> [UInt8] {
        event("gap", id, format: format) { json in
            json.member("missed", missed)
            if let from { json.member("from", from) }
            if let to { json.member("to", to) }
            json.member("subscription_id", subscription.text)
        }
    }

    static func end(
        _ reason: EndReason, _ subscription: SubscriptionID?, exitCode: Int32? = nil, id: EventID? = nil,
        format: EventFormat = .current
    ) -> [UInt8] {
        event("stream_end", id, format: format) { json in
            json.member("reason", reason.rawValue)
            if let exitCode { json.member("exit_code", exitCode) }
            if let subscription { json.member("subscription_id", subscription.text) }
        }
    }

    /// Where a stream is older than such events it is a comment, which people see and programs do not. An `id:` counts
    /// there too.
    private static func event(
        _ kind: String, _ id: EventID? = nil, format: EventFormat = .current, _ members: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        let start = format == .legacy ? ": \(kind) " : "event: \(kind)\ndata: "
        return Array(((id.map { "id: \($0.text)\n" } ?? "") + start).utf8)
            + JSONWriter.render { $0.object(members) } + Array("\n\n".utf8)
    }
}
