import GRDB

/// A notification that has not been delivered yet; only its writer understands the bytes.
package struct WebhookRecord: Sendable, Equatable {
    package var id: String
    package var url: String
    package var bytes: [UInt8]

    package init(id: String, url: String, bytes: [UInt8]) {
        self.id = id
        self.url = url
        self.bytes = bytes
    }
}

extension StoreWrite {
    /// Inserts or replaces; its place in the order stays.
    package static func save(_ notification: WebhookRecord) -> Self {
        StoreWrite { database in
            try database.cachedStatement(
                sql: """
                    INSERT INTO webhook_notifications (id, url, data) VALUES (?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET url = excluded.url, data = excluded.data
                    """
            ).execute(arguments: [notification.id, notification.url, Blob(notification.bytes)])
        }
    }

    package static func removeWebhookNotification(_ id: String) -> Self {
        StoreWrite { database in
            try database.cachedStatement(sql: "DELETE FROM webhook_notifications WHERE id = ?")
                .execute(arguments: [id])
        }
    }
}

extension Store {
    /// In the order in which they were first saved.
    package func webhookNotifications() async throws(StoreError) -> [WebhookRecord] {
        try await read { database in
            let sql = "SELECT id, url, data FROM webhook_notifications ORDER BY number"
            return try Row.fetchAll(database, sql: sql).map { row in
                WebhookRecord(id: row["id"], url: row["url"], bytes: row.bytes("data") ?? [])
            }
        }
    }
}
