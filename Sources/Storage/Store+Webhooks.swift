import GRDB
package import Model

extension StoreWrite {
    package static func keep(_ change: WebhookChange) -> Self {
        StoreWrite { database in
            switch change {
            case .opened(let notification):
                try database.cachedStatement(
                    sql: "INSERT INTO webhook_notifications (id, url, rule, created_at) VALUES (?, ?, ?, ?)"
                ).execute(arguments: [
                    notification.id.text, notification.url, notification.rule,
                    notification.createdAt.millisecondsSince1970,
                ])
            case .put(let alert, let position, let id):
                try database.cachedStatement(sql: "INSERT OR REPLACE INTO webhook_alerts VALUES (?, ?, ?)")
                    .execute(arguments: [id.text, position, try JSONText.encode(StoredAlert(alert))])
            case .removed(let id):
                try database.cachedStatement(sql: "DELETE FROM webhook_notifications WHERE id = ?")
                    .execute(arguments: [id.text])
                try database.cachedStatement(sql: "DELETE FROM webhook_alerts WHERE notification = ?")
                    .execute(arguments: [id.text])
            }
        }
    }
}

extension Store {
    /// Those that were opened and not removed, in the order in which they were opened. None counts as tried.
    package func webhookNotifications() async throws(StoreError) -> [WebhookNotification] {
        try await read { database in
            var alerts: [String: [Alert]] = [:]
            let stored = try Row.fetchCursor(
                database, sql: "SELECT notification, data FROM webhook_alerts ORDER BY notification, position")
            while let row = try stored.next() {
                let alert = try JSONText.decode(StoredAlert.self, from: row["data"]).alert()
                alerts[row["notification"], default: []].append(alert)
            }
            let sql = "SELECT id, url, rule, created_at FROM webhook_notifications ORDER BY number"
            return try Row.fetchAll(database, sql: sql).map { row in
                let id: String = row["id"]
                return WebhookNotification(
                    id: WebhookDeliveryID(id), url: row["url"], rule: row["rule"], alerts: alerts[id] ?? [],
                    createdAt: row.requiredTime("created_at"))
            }
        }
    }
}

/// The stored form of an `Alert` as a webhook is to be told of it, which is not how it is by now.
struct StoredAlert: Codable {
    var id: String
    var rule: String
    var agent: String?
    var source: String
    var level: String
    var state: String
    var metric: String
    var value: Double?
    var threshold: Double?
    var message: String
    var startedAt: Int64
    var updatedAt: Int64
    var resolvedAt: Int64?
    var labels: [String: String]
    var culprits: [StoredCulprit]

    init(_ alert: Alert) {
        id = alert.id.text
        rule = alert.rule
        agent = if case .one(let agent) = alert.agent { agent.text } else { nil }
        source = alert.source.rawValue
        level = alert.level.rawValue
        state = alert.state.rawValue
        metric = alert.metric
        value = alert.value.finite
        threshold = alert.threshold.finite
        message = alert.message
        startedAt = alert.startedAt.millisecondsSince1970
        updatedAt = alert.updatedAt.millisecondsSince1970
        resolvedAt = alert.resolvedAt?.millisecondsSince1970
        labels = alert.labels
        culprits = alert.culprits.map(StoredCulprit.init)
    }

    /// Throws `invalid` for one of a program that knew more.
    func alert() throws -> Alert {
        guard let source = AlertSource(rawValue: source), let level = AlertLevel(rawValue: level),
            let state = AlertState(rawValue: state)
        else { throw StoreError.invalid(detail: "a stored alert is not understood: \(source), \(level), \(state)") }
        var alert = Alert(
            id: AlertID(id), rule: rule, agent: agent.map { .one(AgentID($0)) } ?? .every, source: source,
            level: level, state: state, metric: metric, value: value, threshold: threshold, message: message,
            startedAt: WallTime(millisecondsSince1970: startedAt), labels: labels,
            culprits: culprits.map(\.culprit))
        alert.updatedAt = WallTime(millisecondsSince1970: updatedAt)
        alert.resolvedAt = resolvedAt.map { WallTime(millisecondsSince1970: $0) }
        return alert
    }
}
