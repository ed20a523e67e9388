package import JSON
package import Model

extension Alert {
    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("alert_id", id)
            $0.member("rule", rule)
            $0.member("agent_id", agent)
            $0.member("level", level.rawValue)
            $0.member("state", state.rawValue)
            $0.member("source", source.payloadName)
            $0.member("metric", metric)
            $0.member("value", value)
            $0.member("threshold", threshold)
            $0.member("message", message)
            $0.member("started_at", startedAt)
            $0.member("updated_at", updatedAt)
            $0.member("resolved_at", resolvedAt)
            $0.member("acknowledged_by", acknowledgedBy)
            $0.member("silence_id", silence)
            $0.object("labels", of: labels)
            $0.array("culprits") { for culprit in culprits { culprit.write(to: &$0) } }
        }
    }
}

extension AlertCulprit {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("pid", pid)
            $0.member("name", name)
            $0.member("cpu_percent", cpuPercent)
            $0.member("memory_bytes", memoryBytes)
            $0.member("container", container)
        }
    }
}

extension AlertSource {
    /// In alerts and in `AlertCollection.source`.
    package var payloadName: String { self == .metrics ? "metrics_analysis" : rawValue }
}

/// `data` of `alert_events`: what has become of alerts of one agent (`*`: of the fleet) at one moment.
package struct AlertCollection: Sendable {
    package var agent: AgentSelector
    package var alerts: [Alert]
    package var time: WallTime
    package var source: AlertSource

    package init(agent: AgentSelector, alerts: [Alert], time: WallTime, source: AlertSource) {
        self.agent = agent
        self.alerts = alerts
        self.time = time
        self.source = source
    }

    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("agent_id", agent)
            $0.array("alerts") { for alert in alerts { alert.write(to: &$0) } }
            $0.member("timestamp", unixSeconds: time)
            $0.member("source", source.payloadName)
        }
    }
}
