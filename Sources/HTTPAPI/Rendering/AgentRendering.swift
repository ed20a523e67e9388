import JSON
import Model
import Payloads
import Service

extension AgentView {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("agent_id", id)
            $0.member("hostname", hostname)
            $0.member("version", version)
            $0.member("connected", isConnected)
            $0.member("connected_since", connectedSince)
            $0.member("last_seen", lastSeen)
            $0.member("address", address)
            $0.object("labels", of: labels)
            $0.array("capabilities", of: capabilities)
            $0.member("streams_active", streamsActive)
            $0.member("tasks_running", tasksRunning)
            $0.member("health", health.rawValue)
        }
    }
}

extension MetricsAgentView {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("agent_id", id)
            $0.member("connected", isConnected)
            $0.member("last_seen", lastSeen)
            $0.member("last_update", lastUpdate)
            $0.member("streaming_active", isStreaming)
            $0.member("has_system_info", hasSystemInfo)
            $0.member("has_metrics", hasMetrics)
        }
    }
}
