package import Model

extension ProcessingEngine {
    /// Everything unknown for an agent of which nothing came.
    package func health(of agent: AgentID, now: Now) -> HealthReport {
        HealthReport(
            agent, pipelines[agent]?.facts ?? AgentFacts(), alerts: context.alerts.active(of: agent), now)
    }

    package func fleetHealth(now: Now) -> FleetReport {
        FleetReport(
            agents: pipelines.keys.sorted().map { health(of: $0, now: now) },
            correlated: context.alerts.active.filter { $0.agent == .every })
    }

    /// The most frequent templates of an agent's log lines at or above `level` within `window` (at most an hour).
    package func logPatterns(
        of agent: AgentID, atLeast level: LogLevel = .error, within window: Milliseconds = 3_600_000, limit: Int = 20,
        now: Now
    ) -> [TemplatePattern] {
        pipelines[agent]?.processor(LogAggregationProcessor.self)?
            .patterns(atLeast: level, within: window, before: now.wall, limit: limit) ?? []
    }
}

// MARK: - Alerts

extension ProcessingEngine {
    /// Pending and firing ones, oldest first.
    package var activeAlerts: [Alert] { context.alerts.active }

    /// What fires now and is not silenced, for somebody who begins to read `alert_events` of an agent, or of all of them
    /// and the fleet: an event for each agent and source.
    package func alertSnapshot(of agent: AgentSelector, now: Now) -> [ProcessedEvent] {
        let alerts =
            switch agent {
            case .one(let agent): context.alerts.active(of: agent)
            case .every: context.alerts.active
            }
        return AlertEvents.grouped(alerts.filter { $0.state == .firing && $0.silence == nil }, at: now.wall)
    }

    package var alertRules: [AlertRule] { context.alerts.rulesInForce }

    /// All of them or none. Alerts of rules that are gone, or look at something else now, end.
    package mutating func replaceAlertRules(
        _ rules: [AlertRule], now: Now, into actions: inout [PipelineAction]
    ) throws(AlertRuleProblem) {
        try AlertRuleCheck.validate(rules)
        announce(context.alerts.replaceRules(rules, now), now, into: &actions)
    }

    /// - Returns: nil when no such alert is active.
    package mutating func acknowledge(
        _ id: AlertID, by person: String, now: Now, into actions: inout [PipelineAction]
    ) -> Alert? {
        guard let change = context.alerts.acknowledge(id, by: person, now) else { return nil }
        announce([change], now, into: &actions)
        return change.alert
    }

    package var silences: [Silence] { context.alerts.activeSilences }

    /// - Returns: false when there are as many as there may be.
    package mutating func addSilence(_ silence: Silence, now: Now) -> Bool { context.alerts.add(silence, now) }

    /// Alerts that it kept quiet, and that still fire, are news now.
    /// - Returns: false when there is no such silence.
    package mutating func removeSilence(_ id: SilenceID, now: Now, into actions: inout [PipelineAction]) -> Bool {
        guard let changes = context.alerts.removeSilence(id, now) else { return false }
        announce(changes, now, into: &actions)
        return true
    }

    private mutating func announce(_ changes: [AlertChange], _ now: Now, into actions: inout [PipelineAction]) {
        swap(&context.actions, &actions)
        context.now = now
        context.announce(changes)
        swap(&context.actions, &actions)
    }
}
