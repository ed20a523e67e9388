package import Model
package import Processing
package import Storage

// What is asked about agents and alerts. Alerts change in memory first and are told at once; what a person has decided is
// answered when it is stored.

extension Pipeline {
    package func health(of agent: AgentID) -> HealthReport { engine.health(of: agent, now: .current) }

    package func fleetHealth() -> FleetReport { engine.fleetHealth(now: .current) }

    package func logPatterns(
        of agent: AgentID, atLeast level: LogLevel, within window: Milliseconds, limit: Int
    ) -> [TemplatePattern] {
        engine.logPatterns(of: agent, atLeast: level, within: window, limit: limit, now: .current)
    }

    package func counters() -> ProcessingCounters { engine.counters }

    /// The processor that a stream feeds; for a stream that is made here, the one that makes it.
    package nonisolated static func processor(of type: StreamType) -> String? {
        ProcessorRegistry.standard.processor(of: type)?.name
    }

    // MARK: - Alerts

    /// Pending and firing ones, oldest first.
    package func activeAlerts() -> [Alert] { engine.activeAlerts }

    /// - Returns: nil when no such alert is active.
    package func acknowledge(_ id: AlertID, by person: String) async throws(StoreError) -> Alert? {
        let alert = engine.acknowledge(id, by: person, now: .current, into: &actions)
        carryOut()
        if alert != nil { try await store.write([]) }
        return alert
    }

    package func silences() -> [Silence] { engine.silences.filter { $0.until > Now.current.wall } }

    /// - Returns: false when there are as many as there may be.
    package func add(_ silence: Silence) async throws(StoreError) -> Bool {
        guard engine.addSilence(silence, now: .current) else { return false }
        delegate?.pipelineMade([.alerts(engine.activeAlerts.map { AlertChange(kind: .updated, alert: $0) })])
        try await store.write([.save(silence)])
        return true
    }

    /// - Returns: false when there is no such silence.
    package func removeSilence(_ id: SilenceID) async throws(StoreError) -> Bool {
        guard engine.removeSilence(id, now: .current, into: &actions) else { return false }
        carryOut()
        try await store.write([.removeSilence(id)])
        return true
    }

    package func rules() -> [AlertRule] { engine.alertRules }

    /// All of them or none.
    /// - Throws: `AlertRuleProblem`, `StoreError`. Rules that are not stored are not in force.
    package func setRules(_ rules: [AlertRule]) async throws -> [AlertRule] {
        try AlertRuleCheck.validate(rules)
        try await store.write([.replaceRules(rules)])
        try engine.replaceAlertRules(rules, now: .current, into: &actions)
        carryOut()
        return engine.alertRules
    }
}
