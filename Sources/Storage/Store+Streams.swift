import GRDB
package import Model

// MARK: - Subscriptions

extension StoreWrite {
    /// Inserts or replaces.
    package static func save(_ record: SubscriptionRecord) -> Self {
        StoreWrite { database in
            let agent: String? = if case .one(let agent) = record.agent { agent.text } else { nil }
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                record.id.text, record.type.rawValue, agent, record.resource,
                try JSONText.encode(StoredConfig(record.config)), record.session?.text, record.principal.token?.text,
                record.principal.role.rawValue, try record.principal.scope.agentsText(),
                try record.principal.scope.labelsText(), record.principal.expires?.millisecondsSince1970,
                record.createdAt.millisecondsSince1970,
            ])
        }
    }

    package static func remove(_ subscription: SubscriptionID) -> Self {
        delete(from: "subscriptions", id: subscription.text)
    }

    fileprivate static func delete(from table: String, id: String) -> Self {
        StoreWrite { database in
            try database.cachedStatement(sql: "DELETE FROM \(table) WHERE id = ?").execute(arguments: [id])
        }
    }
}

extension Store {
    /// All of them. One that this program does not understand (a stream type that went) is left out, and stays.
    package func subscriptions() async throws(StoreError) -> [SubscriptionRecord] {
        try await read {
            try Self.understood(SubscriptionRecord.init(row:), of: $0, sql: "SELECT * FROM subscriptions")
        }
    }

    fileprivate static func understood<Record>(
        _ make: (Row) throws -> Record, of database: Database, sql: String
    ) throws -> [Record] {
        let rows = try Row.fetchCursor(database, sql: sql)
        var records: [Record] = []
        while let row = try rows.next() {
            do {
                records.append(try make(row))
            } catch is StoreError {
                continue
            }
        }
        return records
    }
}

extension SubscriptionRecord {
    fileprivate init(row: Row) throws {
        let agent: String? = row["agent_id"], session: String? = row["session_id"]
        self.init(
            id: SubscriptionID(row["id"]), type: try row.value(StreamType.init(rawValue:), of: "stream_type"),
            agent: agent.map { .one(AgentID($0)) } ?? .every, resource: row["resource"],
            config: try JSONText.decode(StoredConfig.self, from: row["config"]).config,
            session: session.map { SessionID($0) }, principal: try Principal(row: row),
            createdAt: row.requiredTime("created_at"))
    }
}

// MARK: - Sessions

extension StoreWrite {
    /// Inserts or replaces.
    package static func save(_ record: SessionRecord) -> Self {
        StoreWrite { database in
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                record.id.text, record.principal.token?.text, record.principal.role.rawValue,
                try record.principal.scope.agentsText(), try record.principal.scope.labelsText(),
                record.principal.expires?.millisecondsSince1970, record.createdAt.millisecondsSince1970,
            ])
        }
    }

    /// The session only: its subscriptions are removed by their own ids.
    package static func remove(_ session: SessionID) -> Self { delete(from: "sessions", id: session.text) }
}

extension Store {
    package func sessions() async throws(StoreError) -> [SessionRecord] {
        try await read { try Self.understood(SessionRecord.init(row:), of: $0, sql: "SELECT * FROM sessions") }
    }
}

extension SessionRecord {
    fileprivate init(row: Row) throws {
        self.init(
            id: SessionID(row["id"]), principal: try Principal(row: row), createdAt: row.requiredTime("created_at"))
    }
}

// MARK: - Server demands

extension StoreWrite {
    /// Inserts or replaces.
    package static func save(_ demand: ServerDemand) -> Self {
        StoreWrite { database in
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO server_streams VALUES (?, ?, ?, ?, ?)"
            ).execute(arguments: [
                demand.id.text, demand.type.rawValue, demand.agent.text,
                try JSONText.encode(StoredConfig(demand.config)), demand.startedAt.millisecondsSince1970,
            ])
        }
    }

    package static func remove(_ demand: ServerStreamID) -> Self { delete(from: "server_streams", id: demand.text) }
}

extension Store {
    package func serverDemands() async throws(StoreError) -> [ServerDemand] {
        try await read { try Self.understood(ServerDemand.init(row:), of: $0, sql: "SELECT * FROM server_streams") }
    }
}

extension ServerDemand {
    fileprivate init(row: Row) throws {
        self.init(
            id: ServerStreamID(row["id"]), type: try row.value(StreamType.init(rawValue:), of: "stream_type"),
            agent: AgentID(row["agent_id"]),
            config: try JSONText.decode(StoredConfig.self, from: row["config"]).config,
            startedAt: row.requiredTime("started_at"))
    }
}
