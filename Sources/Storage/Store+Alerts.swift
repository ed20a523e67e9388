import GRDB
package import Model

// MARK: - Alerts

extension StoreWrite {
    /// Inserts or replaces.
    package static func save(_ alert: Alert) -> Self {
        StoreWrite { database in
            let agent: String? = if case .one(let agent) = alert.agent { agent.text } else { nil }
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                alert.id.text, alert.rule, agent, alert.source.rawValue, alert.level.rawValue, alert.state.rawValue,
                alert.metric, alert.value, alert.threshold, alert.message, alert.startedAt.millisecondsSince1970,
                alert.updatedAt.millisecondsSince1970, alert.resolvedAt?.millisecondsSince1970, alert.acknowledgedBy,
                alert.silence?.text, try JSONText.encode(alert.labels),
                try JSONText.encode(alert.culprits.map(StoredCulprit.init)),
            ])
        }
    }
}

extension Store {
    /// The newest first.
    /// - Parameter agents: only alerts about one of these; nil: all, those about many hosts at once included.
    /// - Returns: a page of them, and how many there are on all pages.
    package func alerts(
        _ selection: AlertSelection, agents: Set<AgentID>? = nil, offset: Int, limit: Int
    ) async throws(StoreError) -> (items: [Alert], total: Int) {
        var condition = SelectCondition()
        switch selection.state {
        case .firing: condition.add("state = 'firing'")
        case .resolved: condition.add("state = 'resolved'")
        case .all: break
        }
        condition.add("agent_id = ?", selection.agent?.text)
        condition.add("rule = ?", selection.rule)
        condition.add("level = ?", selection.level?.rawValue)
        try condition.add(agents: agents)
        return try await page(
            of: "alerts", where: condition, order: "started_at DESC, id", offset: offset, limit: limit,
            Alert.init(row:))
    }

    package func alert(_ id: AlertID) async throws(StoreError) -> Alert? {
        try await read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM alerts WHERE id = ?", arguments: [id.text])
                .map(Alert.init(row:))
        }
    }

    /// Pending and firing ones, the oldest first: for the start of the gateway.
    package func activeAlerts() async throws(StoreError) -> [Alert] {
        try await read { database in
            let sql = "SELECT * FROM alerts WHERE state <> 'resolved' ORDER BY started_at, id"
            return try Row.fetchAll(database, sql: sql).map(Alert.init(row:))
        }
    }
}

extension Alert {
    fileprivate init(row: Row) throws {
        let agent: String? = row["agent_id"], silence: String? = row["silence"]
        self.init(
            id: AlertID(row["id"]), rule: row["rule"], agent: agent.map { .one(AgentID($0)) } ?? .every,
            source: try row.value(AlertSource.init(rawValue:), of: "source"),
            level: try row.value(AlertLevel.init(rawValue:), of: "level"),
            state: try row.value(AlertState.init(rawValue:), of: "state"), metric: row["metric"],
            value: row["value"], threshold: row["threshold"], message: row["message"],
            startedAt: row.requiredTime("started_at"),
            labels: try JSONText.decode([String: String].self, from: row["labels"]),
            culprits: try JSONText.decode([StoredCulprit].self, from: row["culprits"]).map(\.culprit))
        updatedAt = row.requiredTime("updated_at")
        resolvedAt = row.time("resolved_at")
        acknowledgedBy = row["acknowledged_by"]
        self.silence = silence.map { SilenceID($0) }
    }
}

/// The stored form of `AlertCulprit`.
struct StoredCulprit: Codable {
    var pid: Int64
    var name: String
    var cpu: Double?
    var memory: UInt64?
    var container: String?

    init(_ culprit: AlertCulprit) {
        pid = culprit.pid
        name = culprit.name
        cpu = culprit.cpuPercent.finite
        memory = culprit.memoryBytes
        container = culprit.container
    }

    var culprit: AlertCulprit {
        AlertCulprit(pid: pid, name: name, cpuPercent: cpu, memoryBytes: memory, container: container)
    }
}

// MARK: - Silences

extension StoreWrite {
    /// Inserts or replaces.
    package static func save(_ silence: Silence) -> Self {
        StoreWrite { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO silences VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    silence.id.text, try JSONText.encode(silence.matchers), silence.until.millisecondsSince1970,
                    silence.comment, silence.createdBy,
                ])
        }
    }

    package static func removeSilence(_ id: SilenceID) -> Self {
        StoreWrite { try $0.execute(sql: "DELETE FROM silences WHERE id = ?", arguments: [id.text]) }
    }
}

extension Store {
    /// Those that ended within the last day included, the first to end first.
    package func silences() async throws(StoreError) -> [Silence] {
        try await read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM silences ORDER BY until, id").map { row in
                Silence(
                    id: SilenceID(row["id"]),
                    matchers: try JSONText.decode([String: String].self, from: row["matchers"]),
                    until: row.requiredTime("until"), comment: row["comment"], createdBy: row["created_by"])
            }
        }
    }
}
