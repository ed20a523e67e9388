package import JSON
package import Model

extension LogRecord {
    /// A row of `GET /logs/search`, and `original` in `processed_logs`.
    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("timestamp", time)
            $0.member("level", level.name)
            $0.member("component", component)
            $0.member("message", message)
            $0.member("agent_id", agent)
            $0.member("source", source)
            $0.member("attributes", raw: attributes.isEmpty ? Array("{}".utf8) : attributes)
        }
    }
}

extension SystemEvent {
    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("timestamp", unixSeconds: time)
            $0.member("agent_id", agent)
            $0.member("kind", kind)
            $0.member("severity", severity.rawValue)
            $0.member("unit", unit)
            $0.member("message", message)
            $0.object("attributes", of: attributes)
        }
    }
}
