import GRDB
import Model
import Storage
import Testing

@Suite struct MigrationTests {
    /// `sluice.db` as the first version made it, with one row; never to be changed.
    private static let firstVersion = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO meta VALUES ('epoch', 41), ('token_generation', 0), ('probe', 0);
        CREATE TABLE sessions (
            id TEXT PRIMARY KEY, token TEXT, role TEXT NOT NULL, agents TEXT NOT NULL, labels TEXT NOT NULL,
            token_expires INTEGER, created_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE agents (
            id TEXT PRIMARY KEY, hostname TEXT NOT NULL, version TEXT NOT NULL, address TEXT NOT NULL,
            labels TEXT NOT NULL, capabilities TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
            metrics BLOB, metrics_at INTEGER, system_info BLOB, system_info_at INTEGER
        );
        INSERT INTO agents VALUES ('web1', 'h', '1', '', '{}', '[]', 1, 2, NULL, NULL, NULL, NULL);
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, peer TEXT NOT NULL, outcome TEXT NOT NULL
        );
        PRAGMA user_version = 1;
        """

    @Test("a file of the version before is brought to this one, with all that was in it")
    func fromFirst() async throws {
        let directory = try TemporaryDirectory()
        try await DatabaseQueue(path: "\(directory.path)/sluice.db").write { try $0.execute(sql: Self.firstVersion) }
        let store = try openStore(directory)
        #expect(store.epoch == 42)
        #expect(try await store.agents().map(\.id.text) == ["web1"])
        #expect(try await store.alertRules() == nil)
        let alert = AlertRecordTests.full
        try await store.write([.save(alert), .save(DeploymentRecordTests.full), .replaceRules([])])
        #expect(try await store.alert(alert.id) == alert)
        await store.close()
        let version = try await DatabaseQueue(path: "\(directory.path)/sluice.db").read {
            try Int.fetchOne($0, sql: "PRAGMA user_version")
        }
        #expect(version == 4)
    }
}
