import JSON
import TestSupport
import Testing

/// A browser that reads a session. Its connection breaks wherever a test says, and it comes back with the one id that
/// EventSource keeps.
final class SessionReader {
    let path: String
    /// Everything that has been dispatched, on all connections.
    private(set) var events: [EventSource.Event] = []
    private(set) var lastEventID: String?
    private(set) var source: EventSource?

    init(path: String) { self.path = path }

    /// The gateway has ended the connection.
    var isEnded: Bool { source?.hasEnded ?? true }

    /// Events on the present connection.
    var countOnConnection: Int { source?.events.count ?? 0 }

    func connect(to gateway: TestGateway) throws {
        breakOff { $0 }
        source = try EventSource(port: gateway.httpPort, path, lastEventID: lastEventID)
    }

    /// What has come so far, on this connection and those before.
    var seen: [EventSource.Event] { events + (source?.events ?? []) }

    func seen(_ kind: String) -> [EventSource.Event] { seen.filter { $0.kind == kind } }

    /// The connection breaks after a part of what has come on it; what was not whole then is lost.
    func breakOff(after part: (_ count: Int) -> Int) {
        guard let source else { return }
        let bytes = Array(source.text.utf8)
        let text = String(decoding: bytes.prefix(part(bytes.count)), as: UTF8.self)
        for block in EventSource.blocks(of: text) {
            if let id = block.first(where: { $0.hasPrefix("id: ") }) { lastEventID = String(id.dropFirst(4)) }
            if let event = EventSource.event(block) { events.append(event) }
        }
        source.leave()
        self.source = nil
    }

    // MARK: - What it has

    /// Numbers of a task's lines, in the order of their coming.
    func lines(of task: String) -> [Int] {
        seen("shell_output").map(\.data).filter { $0["resource"] == .string(task) }
            .compactMap { $0["data"]?["seq"]?.double.map { Int($0) } }
    }

    /// How often the end of a subscription was told.
    func ends(of subscription: String) -> Int {
        seen("stream_end").count { $0.data["subscription_id"] == .string(subscription) }
    }

    /// Checks that samples and gaps of a view are the whole of what a listener had who was never away.
    /// - Parameter all: the CPU usage in each of the samples, no two the same.
    func check(_ view: String, _ subscription: String, are all: [Double], _ comment: Comment) {
        var next = 0
        var isUnknown = false
        for event in seen {
            if event.kind == "gap", event.data["subscription_id"] == .string(subscription) {
                if let missed = event.data["missed"]?.double { next += Int(missed) } else { isUnknown = true }
            }
            guard event.kind == "metrics", event.data["view"] == .string(view),
                event.data["metadata"]?["snapshot"] == nil, let value = event.data["data"]?["cpu"]?["usage_percent"]
            else { continue }
            guard let index = all.firstIndex(of: value.double ?? -1), index == next || (isUnknown && index > next)
            else {
                Issue.record("\(view): \(value) came where \(all[min(next, all.count - 1)]) was due. \(comment)")
                return
            }
            next = index + 1
            isUnknown = false
        }
        #expect(next == all.count, "\(view): \(comment)")
    }
}

extension TestGateway {
    /// - Returns: the id of a session and the path of its events.
    func createSession() async throws -> (id: String, path: String) {
        let response = try await call("POST", "/sessions", "{}")
        try #require(response.status == 201, "\(response.text)")
        let json = try JSONParser.parse(response.body)
        return (try #require(json["session_id"]?.string), try #require(json["events_url"]?.string))
    }

    /// Adds a subscription to a session.
    /// - Parameter config: the members of `config`, as JSON.
    /// - Returns: its id.
    func add(
        _ type: String, agent: String? = nil, resource: String? = nil, config: String = "", to session: String
    ) async throws -> String {
        var members = ["\"stream_type\":\"\(type)\"", "\"config\":{\(config)}", "\"session_id\":\"\(session)\""]
        if let agent { members.append("\"agent_id\":\"\(agent)\"") }
        if let resource { members.append("\"resource\":\"\(resource)\"") }
        let response = try await call("POST", "/subscriptions", "{\(members.joined(separator: ","))}")
        try #require(response.status == 201, "\(response.text)")
        return try #require(JSONParser.parse(response.body)["subscription_id"]?.string)
    }
}
