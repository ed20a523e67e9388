import Broker
import Model
import Wire

/// The parts of an event that do not change from one to the next.
struct EventPrefix: Sendable {
    /// `event: …\ndata: {"type":…` up to and without the value of `agent_id`.
    let beforeAgent: [UInt8]
    /// From after the agent to the opening quote of the timestamp.
    let afterAgent: [UInt8]
    let format: EventFormat

    init(_ key: ViewKey, format: EventFormat = .current) {
        switch format {
        case .current: self.init(key, kind: key.type.rawValue, envelopeType: key.type.info.envelopeType)
        case .legacy: self.init(legacy: key)
        }
    }

    /// Of the streams before this API. Metrics are bare; what a task prints is a TaskResponse, of which the parts around
    /// the output are here.
    private init(legacy key: ViewKey) {
        format = .legacy
        guard key.isTaskOutput else {
            beforeAgent = Array("event: metrics\ndata: ".utf8)
            afterAgent = []
            return
        }
        let output = key.type == .dockerOutput ? "dockerOperation" : "shellExecute"
        beforeAgent = Array("event: response\ndata: {\"agentId\":".utf8)
        afterAgent = Array(",\"\(output)\":{\"stdout\":".utf8)
    }

    /// Of `deployment_complete`.
    static func completion(of key: ViewKey) -> EventPrefix {
        EventPrefix(key, kind: "deployment_complete", envelopeType: "deployment_complete")
    }

    private init(_ key: ViewKey, kind: String, envelopeType: String) {
        format = .current
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
        guard prefix.format == .current else { return writeBare(to: buffer, prefix: prefix, data) }
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

    private static func writeBare(to buffer: WireBuffer, prefix: EventPrefix, _ data: (WireBuffer) -> Void) {
        buffer.append(prefix.beforeAgent)
        data(buffer)
        buffer.append("\n\n")
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
