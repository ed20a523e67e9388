import JSON
import Model
import Payloads
import Service

extension StreamTypeInfo {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("name", type.rawValue)
            $0.member("category", category.rawValue)
            $0.member("destination", destination.rawValue)
            $0.member("description", description)
            $0.member("auto_start", autoStart)
            $0.member("auto_stop", autoStop)
            $0.member("resource_based", resourceBased)
            $0.member("multi_instance", multiInstance)
            $0.member("buffered", buffered)
            $0.member("process_on_server", processOnServer)
        }
    }
}

extension StreamView {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("stream_id", id)
            $0.member("stream_type", key.type.rawValue)
            $0.member("agent_id", key.agent)
            $0.member("resource", key.resource)
            $0.member("generation", generation)
            $0.member("active_since", activeSince)
            $0.member("state", state)
            $0.object("config") { config.writeAgentMembers(to: &$0, for: key.type) }
            $0.array("leases") { for lease in leases { lease.write(to: &$0, for: key.type) } }
            $0.member("lease_count", leaseCount)
            $0.member("events_in", eventsIn)
            $0.member("events_out", eventsOut)
            $0.member("events_per_second", eventsPerSecond)
            $0.member("processor", processor)
        }
    }
}

extension StreamView.Lease {
    func write(to writer: inout JSONWriter, for type: StreamType) {
        writer.object {
            $0.member("kind", id.kind.rawValue)
            $0.member("id", id.name)
            $0.object("config") { config.writeAgentMembers(to: &$0, for: type) }
        }
    }
}

extension ServerStreamView {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("stream_id", id)
            $0.member("status", isActive ? "active" : "pending")
            $0.member("stream_type", request.type.rawValue)
            $0.member("agent_id", request.agent)
            $0.object("config") { request.config.writeAgentMembers(to: &$0, for: request.type) }
            $0.member("processor", processor)
            $0.member("started_at", startedAt)
        }
    }
}
