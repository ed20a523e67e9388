import Model
import Pipeline

// The gateway's own events: rules look at them, so that an agent that is lost raises an alert with nobody watching.

extension Hub {
    /// - Parameter mustCome: it is told even when much waits for the processors.
    func report(
        _ kind: String, _ severity: SystemEventSeverity = .info, of agent: AgentID, _ message: String,
        _ attributes: [String: String] = [:], mustCome: Bool = false
    ) {
        let now = self.now
        let event = SystemEvent(
            time: now.wall, agent: agent, kind: kind, severity: severity, message: message, attributes: attributes)
        guard mustCome || pipeline.hasRoom(for: 256) else {
            counters.samplesNotProcessed += 1
            return
        }
        pipeline.report(event, now)
    }

    /// Those that had time enough to come back after a start of the gateway and are not here.
    func reportAwaited() {
        for id in awaited.overdue(now.monotonic) where agents[id]?.isConnected == false {
            report(
                "agent_lost", .warning, of: id, "agent \(id) has not come back since the gateway was started",
                ["reason": "not_returned"], mustCome: true)
        }
    }

    /// Two hosts that have the same id throw each other out. One replacement is a restart or a network that came back;
    /// the third within ten minutes, by turns, is a mistake in the configuration.
    func noteReplacement(of agent: Agent, _ older: UInt64?, by newer: UInt64?, _ now: MonotonicTime) {
        guard older != newer else { return }
        agent.replacements = agent.replacements.suffix(8).filter { now.milliseconds(since: $0) < 600_000 } + [now]
        guard agent.replacements.count >= 3 else { return }
        report(
            "duplicate_agent", .warning, of: agent.id,
            "two agents take turns with the id \(agent.id): give one of them another --id", mustCome: true)
    }
}
