import Broker
import Glibc
import JSON
import Model
import Wire

@testable import Hub

/// Views as the broker describes them.
enum TestView {
    struct NoView: Error {}

    static func description(
        _ type: StreamType = .metrics, agent: String = "agent1", resource: String = "",
        config: StreamConfig? = nil
    ) throws -> ViewDescription {
        var broker = Broker(settings: BrokerSettings())
        let now = Now(monotonic: MonotonicTime(nanoseconds: 1), wall: WallTime(millisecondsSince1970: 1))
        var actions: [BrokerAction] = []
        broker.agentConnected(AgentID(agent), labels: [:], streamTypes: [.metrics], now, into: &actions)
        if type.info.category == .task {
            let stream = StreamKey(type: type, agent: AgentID(agent), resource: resource)
            broker.taskStarted(TaskID(resource), stream: stream, now, into: &actions)
        }
        let id = SubscriptionID("sub_1")
        _ = try broker.createSubscription(
            SubscriptionRequest(
                id: id, type: type, agent: .one(AgentID(agent)), resource: resource,
                config: config ?? .defaults(for: type), session: nil, principal: .anonymousAdmin), now, into: &actions)
        try broker.connect(id, ConnectionID(1), now, into: &actions)
        for case .viewOpened(let view) in actions { return view }
        throw NoView()
    }

    static func prefix(_ type: StreamType, resource: String = "") throws -> EventPrefix {
        EventPrefix(try description(type, resource: resource).key)
    }
}

func rendered(_ body: (WireBuffer) -> Void) -> String {
    let buffer = WireBuffer()
    body(buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

/// An event as a browser reads it.
struct ParsedEvent {
    struct NotOneEvent: Error { let text: String }

    var id: String?
    var kind: String?
    var retry: String?
    var data: JSONValue

    /// - Throws: unless it is exactly one event, with one line of data that is JSON.
    init(_ text: String) throws {
        guard text.hasSuffix("\n\n"), !text.dropLast(2).contains("\n\n") else { throw NotOneEvent(text: text) }
        var data: [Substring] = []
        for line in text.dropLast(2).split(separator: "\n", omittingEmptySubsequences: false) {
            switch line.prefix(while: { $0 != ":" }) {
            case "id": id = String(line.dropFirst(4))
            case "event": kind = String(line.dropFirst(7))
            case "retry": retry = String(line.dropFirst(7))
            case "data": data.append(line.dropFirst(6))
            default: throw NotOneEvent(text: text)
            }
        }
        guard data.count == 1 else { throw NotOneEvent(text: text) }
        self.data = try JSONParser.parse(Array(data[0].utf8))
    }
}
