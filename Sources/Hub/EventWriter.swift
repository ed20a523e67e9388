import Broker
import JSON
import Model
import Wire

/// The parts of an event that do not change from one to the next.
struct EventPrefix: Sendable {
    /// `event: …\ndata: {"type":…` up to and without the value of `agent_id`.
    let beforeAgent: [UInt8]
    /// From after the agent to the opening quote of the timestamp.
    let afterAgent: [UInt8]

    init(_ key: ViewKey) { self.init(key, kind: key.type.rawValue, envelopeType: key.type.info.envelopeType) }

    /// Of `deployment_complete`.
    static func completion(of key: ViewKey) -> EventPrefix {
        EventPrefix(key, kind: "deployment_complete", envelopeType: "deployment_complete")
    }

    private init(_ key: ViewKey, kind: String, envelopeType: String) {
        beforeAgent = Array(
            "event: \(kind)\ndata: {\"type\":\"\(envelopeType)\",\"stream_type\":\"\(key.type.rawValue)\",\"agent_id\":"
                .utf8)
        afterAgent = JSONText.render(",\"resource\":", key.resource, ",\"view\":", key.name, ",\"timestamp\":\"")
    }
}

enum JSONText {
    /// Literal text and JSON strings by turns: before, string, between, string, after.
    static func render(_ a: String, _ first: String, _ b: String, _ second: String, _ c: String) -> [UInt8] {
        let buffer = WireBuffer()
        buffer.append(string: a)
        buffer.appendJSONString(first)
        buffer.append(string: b)
        buffer.appendJSONString(second)
        buffer.append(string: c)
        return buffer.bytes
    }
}

/// Renders events: `id:`, `event:` and one `data:` line of JSON.
enum EventWriter {
    /// - Parameters:
    ///   - id: nil for what moves no cursor, such as a snapshot.
    ///   - data: appends the value of `data`.
    static func write(
        to buffer: WireBuffer, id: EventID?, prefix: EventPrefix, agent: AgentID, at time: WallTime,
        metadata: StaticString, _ data: (WireBuffer) -> Void
    ) {
        switch id {
        case .event(let at): buffer.appendEventID(epoch: at.epoch, number: at.number, index: at.index)
        case .line(let seq): buffer.appendLineID(seq)
        case .session: preconditionFailure("events are shared: the fan-out composes the ids of sessions")
        case nil: break
        }
        writeHead(to: buffer, prefix: prefix, agent: agent, at: time)
        data(buffer)
        buffer.append(",\"metadata\":")
        buffer.append(metadata)
        buffer.append("}\n\n")
    }

    /// The same for what the gateway has made itself.
    /// - Parameter metadata: a JSON object.
    static func write(
        to buffer: WireBuffer, id: EventID?, prefix: EventPrefix, agent: AgentID, at time: WallTime,
        metadata: [UInt8], _ data: (WireBuffer) -> Void
    ) {
        if case .event(let at)? = id { buffer.appendEventID(epoch: at.epoch, number: at.number, index: at.index) }
        writeHead(to: buffer, prefix: prefix, agent: agent, at: time)
        data(buffer)
        buffer.append(",\"metadata\":")
        buffer.append(metadata)
        buffer.append("}\n\n")
    }

    /// What comes between the id and the value of `data`: the same for all events that come together.
    static func writeHead(to buffer: WireBuffer, prefix: EventPrefix, agent: AgentID, at time: WallTime) {
        buffer.append(prefix.beforeAgent)
        buffer.appendJSONString(agent.text)
        buffer.append(prefix.afterAgent)
        buffer.appendTimestamp(millisecondsSince1970: time.millisecondsSince1970)
        buffer.append("\",\"data\":")
    }
}

/// What a connection is told besides events. Most have no `id:`, so they move no cursor.
enum ControlEvent {
    /// The first bytes of a stream: when to come back, and where it stands, so that losses before the first event can
    /// be seen.
    static func opening(retry: Milliseconds, id: EventID) -> [UInt8] {
        Array("retry: \(retry)\nid: \(id.text)\n\n".utf8)
    }

    static func status(_ state: StreamState, _ subscription: SubscriptionID?, at time: WallTime) -> [UInt8] {
        event("stream_status") { json in
            json.member("state", state.name)
            if let subscription { json.member("subscription_id", subscription.text) }
            if case .rejected(_, let message) = state { json.member("message", message) }
            json.name("timestamp")
            json.timestamp(millisecondsSince1970: time.millisecondsSince1970)
        }
    }

    static func draining(retry: Milliseconds, at time: WallTime) -> [UInt8] {
        Array("retry: \(retry)\n".utf8)
            + event("stream_status") { json in
                json.member("state", "draining")
                json.name("timestamp")
                json.timestamp(millisecondsSince1970: time.millisecondsSince1970)
            }
    }

    /// - Parameters:
    ///   - missed: nil when nobody can say how many.
    ///   - id: behind what is missing, so that it is told once.
    static func gap(
        missed: UInt64?, from: UInt64? = nil, to: UInt64? = nil, _ subscription: SubscriptionID, id: EventID? = nil
    ) -> [UInt8] {
        event("gap", id) { json in
            json.member("missed", missed)
            if let from { json.member("from", from) }
            if let to { json.member("to", to) }
            json.member("subscription_id", subscription.text)
        }
    }

    static func end(
        _ reason: EndReason, _ subscription: SubscriptionID?, exitCode: Int32? = nil, id: EventID? = nil
    ) -> [UInt8] {
        event("stream_end", id) { json in
            json.member("reason", reason.rawValue)
            if let exitCode { json.member("exit_code", exitCode) }
            if let subscription { json.member("subscription_id", subscription.text) }
        }
    }

    private static func event(
        _ kind: String, _ id: EventID? = nil, _ members: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        Array(((id.map { "id: \($0.text)\n" } ?? "") + "event: \(kind)\ndata: ").utf8)
            + JSONWriter.render { $0.object(members) } + Array("\n\n".utf8)
    }
}
