import JSON
import Model
import Payloads
import Service

extension SubscriptionView {
    /// - Parameters:
    ///   - prefix: of the path of its events.
    ///   - withDelivery: also what became of its events.
    func write(to writer: inout JSONWriter, _ prefix: PathPrefix, withDelivery: Bool = true) {
        writer.object {
            $0.member("subscription_id", id)
            $0.member("stream_url", prefix.path("/streams/\(id)"))
            $0.member("stream_type", type.rawValue)
            $0.member("agent_id", agent)
            $0.member("resource", resource)
            $0.object("config") { config.writeMembers(to: &$0, for: type) }
            $0.member("view", view)
            $0.member("status", status.rawValue)
            $0.member("agent_connected", agentConnected)
            $0.member("session_id", session)
            $0.member("created_at", createdAt)
            $0.member("expires_at", expiresAt)
            if withDelivery { delivery.writeMembers(to: &$0) }
        }
    }
}

extension DeliveryCounts {
    func writeMembers(to writer: inout JSONWriter) {
        writer.member("delivered", delivered)
        writer.member("dropped", dropped)
        writer.member("conflated", conflated)
        writer.member("queued", queued)
        writer.member("lag", seconds: lag)
    }
}

extension SessionView {
    /// - Parameter prefix: of the path of its events.
    func write(to writer: inout JSONWriter, _ prefix: PathPrefix) {
        writer.object {
            $0.member("session_id", id)
            $0.member("events_url", prefix.path("/sessions/\(id)/events"))
            $0.member("expires_at", expiresAt)
        }
    }
}

extension StreamConfig {
    /// The members that the stream type uses.
    func writeMembers(to writer: inout JSONWriter, for type: StreamType) {
        for field in ConfigField.allCases where field.isUsed(by: type) { write(field, to: &writer) }
    }

    /// Those of them that an agent is told.
    func writeAgentMembers(to writer: inout JSONWriter, for type: StreamType) {
        for field in ConfigField.toldToAgents where field.isUsed(by: type) { write(field, to: &writer) }
    }

    private func write(_ field: ConfigField, to writer: inout JSONWriter) {
        let name = field.rawValue
        switch field {
        case .interval: writer.member(name, DurationText.text(interval))
        case .filters: writer.array(name, of: filters)
        case .bufferSize: writer.member(name, bufferSize)
        case .snapshot: writer.member(name, snapshot)
        case .includeTrends: writer.member(name, includeTrends)
        case .alertLevels: writer.array(name, of: alertLevels)
        case .includeRawOutput: writer.member(name, includeRawOutput)
        case .statusUpdatesOnly: writer.member(name, statusUpdatesOnly)
        case .levels: writer.array(name, of: levels)
        case .query: writer.member(name, query)
        case .since: writer.member(name, since.map(DurationText.text))
        case .all: writer.member(name, all)
        case .tail: writer.member(name, tail)
        case .waitForAgent: writer.member(name, waitForAgent)
        }
    }
}
