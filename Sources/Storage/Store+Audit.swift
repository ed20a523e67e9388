import GRDB
package import Model

extension StoreWrite {
    package static func record(_ entry: AuditRecord) -> Self {
        StoreWrite { database in
            try database.cachedStatement(
                sql: "INSERT INTO audit (time, actor, action, subject, peer, outcome) VALUES (?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                entry.time.millisecondsSince1970, entry.actor, entry.action, entry.subject, entry.peer, entry.outcome,
            ])
        }
    }
}

extension Store {
    /// The newest first.
    package func audit(limit: Int, offset: Int = 0) async throws(StoreError) -> [AuditRecord] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM audit ORDER BY id DESC LIMIT ? OFFSET ?", arguments: [limit, offset]
            ).map { row in
                AuditRecord(
                    time: row.requiredTime("time"), actor: row["actor"], action: row["action"],
                    subject: row["subject"], peer: row["peer"], outcome: row["outcome"])
            }
        }
    }
}
