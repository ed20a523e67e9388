package import Model
import Pipeline
import Processing
package import Service
import Storage

// What the API asks for about alerts, in the terms of Service.

extension Hub {
    package func alerts(
        _ selection: AlertSelection, page: PageRequest, for principal: Principal
    ) async throws -> Page<Alert> {
        if let agent = selection.agent { _ = try visibleAgent(agent, principal) }
        let visible = visibleAgents(principal)
        let active = await pipeline.activeAlerts()
        if selection.state == .firing {
            let firing = active.filter { alert in
                alert.state == .firing && selection.matches(alert) && Self.isVisible(alert, to: visible)
            }
            return page.slice(firing.sorted { ($0.startedAt, $0.id) > ($1.startedAt, $1.id) })
        }
        // What may become one is nowhere but here, and stands before what is stored.
        let pending = active.filter { alert in
            selection.state == .all && alert.state == .pending && selection.matches(alert)
                && Self.isVisible(alert, to: visible)
        }
        let first = pending.dropFirst(page.offset).prefix(page.perPage)
        let found = try await reading { () throws(StoreError) in
            try await store.alerts(
                selection, agents: visible, offset: max(0, page.offset - pending.count),
                limit: page.perPage - first.count)
        }
        // What is still going on is newer here than in the store.
        let live = Dictionary(active.map { ($0.id, $0) }) { first, _ in first }
        return Page(items: first + found.items.map { live[$0.id] ?? $0 }, total: pending.count + found.total)
    }

    package func acknowledgeAlert(_ id: AlertID, for principal: Principal) async throws -> Alert {
        let visible = visibleAgents(principal)
        guard let alert = await pipeline.activeAlerts().first(where: { $0.id == id }) else {
            guard let ended = try await reading({ () throws(StoreError) in try await store.alert(id) }),
                Self.isVisible(ended, to: visible)
            else { throw ServiceError.notFound(.alert, id: id.text) }
            throw ServiceError.conflict(reason: "alert \(id) is resolved")
        }
        guard Self.isVisible(alert, to: visible) else { throw ServiceError.notFound(.alert, id: id.text) }
        let person = principal.token?.text ?? "anonymous"
        let acknowledged = try await reading { () throws(StoreError) in
            try await pipeline.acknowledge(id, by: person)
        }
        guard let acknowledged else { throw ServiceError.conflict(reason: "alert \(id) is resolved") }
        audit(person, "POST /alerts/{alert_id}/acknowledge", id.text, "", "ok")
        return acknowledged
    }

    // MARK: - Silences

    package func silences(for principal: Principal) async throws -> [Silence] { await pipeline.silences() }

    package func addSilence(_ request: NewSilence, for principal: Principal) async throws -> Silence {
        let person = principal.token?.text ?? "anonymous"
        let silence = Silence(
            id: SilenceID("sil_" + RandomText.make(bits: 60)), matchers: request.matchers,
            until: now.wall + request.duration, comment: request.comment, createdBy: person)
        let isAdded = try await reading { () throws(StoreError) in try await pipeline.add(silence) }
        guard isAdded else {
            throw ServiceError.rateLimited(reason: "there are as many silences as there may be", retryAfterSeconds: 60)
        }
        audit(person, "POST /alerts/silences", silence.id.text, "", "ok")
        return silence
    }

    package func deleteSilence(_ id: SilenceID, for principal: Principal) async throws {
        let isRemoved = try await reading { () throws(StoreError) in try await pipeline.removeSilence(id) }
        guard isRemoved else { throw ServiceError.notFound(.silence, id: id.text) }
        audit(principal.token?.text ?? "anonymous", "DELETE /alerts/silences/{silence_id}", id.text, "", "ok")
    }

    // MARK: - Rules

    package func alertRules(for principal: Principal) async throws -> [AlertRule] { await pipeline.rules() }

    package func setAlertRules(_ rules: [AlertRule], for principal: Principal) async throws -> [AlertRule] {
        do {
            let inForce = try await pipeline.setRules(rules)
            audit(principal.token?.text ?? "anonymous", "PUT /admin/alert-rules", "\(rules.count) rules", "", "ok")
            return inForce
        } catch let problem as AlertRuleProblem {
            throw ServiceError.invalidField(problem.field, reason: problem.reason)
        } catch let error as StoreError {
            throw ServiceError(error)
        }
    }

    /// Alerts about the fleet are for those who see all of it.
    private static func isVisible(_ alert: Alert, to visible: Set<AgentID>?) -> Bool {
        guard let visible else { return true }
        return if case .one(let agent) = alert.agent { visible.contains(agent) } else { false }
    }
}

extension AlertSelection {
    fileprivate func matches(_ alert: Alert) -> Bool {
        (agent.map { alert.agent == .one($0) } ?? true) && (rule.map { alert.rule == $0 } ?? true)
            && (level.map { alert.level == $0 } ?? true)
    }
}
