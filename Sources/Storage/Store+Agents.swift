import FoundationEssentials
import GRDB
package import Model

extension StoreWrite {
    /// Who it is and when it was here; the blobs of an agent that is already known are left as they are.
    package static func save(_ agent: AgentRecord) -> Self {
        StoreWrite { database in
            try database.cachedStatement(
                sql: """
                    INSERT INTO agents (id, hostname, version, address, labels, capabilities, first_seen, last_seen)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET hostname = excluded.hostname, version = excluded.version,
                        address = excluded.address, labels = excluded.labels, capabilities = excluded.capabilities,
                        first_seen = min(first_seen, excluded.first_seen), last_seen = excluded.last_seen
                    """
            ).execute(arguments: [
                agent.id.text, agent.hostname, agent.version, agent.address, try JSONText.encode(agent.labels),
                try JSONText.encode(agent.capabilities), agent.firstSeen.millisecondsSince1970,
                agent.lastSeen.millisecondsSince1970,
            ])
        }
    }

    /// Expendable: the next one will do.
    package static func seen(_ agent: AgentID, at time: WallTime) -> Self {
        update(agent, "last_seen = ?", [time.millisecondsSince1970])
    }

    /// Expendable: the next sample will do. An agent that was not saved is ignored.
    package static func lastMetrics(_ blob: TimedBlob, of agent: AgentID) -> Self {
        update(agent, "metrics = ?, metrics_at = ?", [Blob(blob.bytes), blob.time.millisecondsSince1970])
    }

    package static func systemInfo(_ blob: TimedBlob, of agent: AgentID) -> Self {
        update(
            agent, "system_info = ?, system_info_at = ?", [Blob(blob.bytes), blob.time.millisecondsSince1970],
            essential: true)
    }

    private static func update(
        _ agent: AgentID, _ assignments: String, _ values: [any DatabaseValueConvertible & Sendable],
        essential: Bool = false
    ) -> Self {
        StoreWrite(essential: essential) { database in
            try database.cachedStatement(sql: "UPDATE agents SET \(assignments) WHERE id = ?")
                .execute(arguments: StatementArguments(values + [agent.text]))
        }
    }
}

extension Store {
    /// All of them, with their blobs, by id.
    package func agents() async throws(StoreError) -> [AgentRecord] {
        try await read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM agents ORDER BY id").map(AgentRecord.init(row:))
        }
    }
}

extension AgentRecord {
    fileprivate init(row: Row) throws {
        self.init(
            id: AgentID(row["id"]), hostname: row["hostname"], version: row["version"], address: row["address"],
            labels: try JSONText.decode([String: String].self, from: row["labels"]),
            capabilities: try JSONText.decode([String].self, from: row["capabilities"]),
            firstSeen: row.requiredTime("first_seen"), lastSeen: row.requiredTime("last_seen"))
        lastMetrics = row.blob("metrics")
        systemInfo = row.blob("system_info")
    }
}

extension Row {
    fileprivate func blob(_ column: String) -> TimedBlob? {
        guard let time = time("\(column)_at"), let bytes = bytes(column) else { return nil }
        return TimedBlob(time: time, bytes: bytes)
    }

    /// Nil for NULL.
    func bytes(_ column: String) -> [UInt8]? {
        let blob: Blob? = self[column]
        return blob?.bytes
    }
}

/// Bytes as a BLOB, without Foundation's `Data` in the interfaces.
struct Blob: DatabaseValueConvertible, Sendable {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var databaseValue: DatabaseValue { Data(bytes).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> Blob? {
        Data.fromDatabaseValue(value).map { Blob(Array($0)) }
    }
}
