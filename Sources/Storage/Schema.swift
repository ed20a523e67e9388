import GRDB

/// The versions of a file. Forward only: a migration is never changed once released, only followed by another.
struct Schema: Sendable {
    let migrations: [String]

    /// `user_version` of a file after all migrations.
    var version: Int { migrations.count }

    /// Brings the file to this program's version. One process at a time: the others wait for the write lock.
    func migrate(_ database: Database, file: String) throws {
        try database.inTransaction(.immediate) {
            let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard found <= version else {
                throw StoreError.newerSchema(file: file, found: found, known: version)
            }
            for migration in migrations[found...] { try database.execute(sql: migration) }
            if found < version { try database.execute(sql: "PRAGMA user_version = \(version)") }
            return .commit
        }
    }
}

/// Of `sluice.db`.
extension Schema {
    static let controlPlane = Schema(migrations: [firstVersion, alertsAndDeployments, enrolments, webhooks])

    /// Times are milliseconds since 1970; `labels`, `agents`, `capabilities` and `config` are JSON.
    private static let firstVersion = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO meta VALUES ('epoch', 0), ('token_generation', 0), ('probe', 0);

        CREATE TABLE sessions (
            id TEXT PRIMARY KEY, token TEXT, role TEXT NOT NULL, agents TEXT NOT NULL, labels TEXT NOT NULL,
            token_expires INTEGER, created_at INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE subscriptions (
            id TEXT PRIMARY KEY, stream_type TEXT NOT NULL, agent_id TEXT, resource TEXT NOT NULL,
            config TEXT NOT NULL, session_id TEXT, token TEXT, role TEXT NOT NULL, agents TEXT NOT NULL,
            labels TEXT NOT NULL, token_expires INTEGER, created_at INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE server_streams (
            id TEXT PRIMARY KEY, stream_type TEXT NOT NULL, agent_id TEXT NOT NULL, config TEXT NOT NULL,
            started_at INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE agents (
            id TEXT PRIMARY KEY, hostname TEXT NOT NULL, version TEXT NOT NULL, address TEXT NOT NULL,
            labels TEXT NOT NULL, capabilities TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
            metrics BLOB, metrics_at INTEGER, system_info BLOB, system_info_at INTEGER
        );

        CREATE TABLE tasks (
            id TEXT PRIMARY KEY, agent_id TEXT NOT NULL, operation TEXT NOT NULL, command TEXT NOT NULL,
            deployment_id TEXT, status TEXT NOT NULL, reason TEXT, timeout INTEGER NOT NULL,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER,
            exit_code INTEGER, cancel_requested INTEGER NOT NULL, line_count INTEGER NOT NULL,
            byte_count INTEGER NOT NULL, final_seq INTEGER
        );
        CREATE INDEX tasks_by_agent ON tasks (agent_id, created_at);
        CREATE INDEX tasks_by_time ON tasks (created_at);
        CREATE INDEX tasks_finished ON tasks (finished_at) WHERE finished_at IS NOT NULL;
        CREATE INDEX tasks_running ON tasks (status) WHERE finished_at IS NULL;

        CREATE TABLE tokens (
            name TEXT PRIMARY KEY, role TEXT NOT NULL, digest BLOB NOT NULL UNIQUE, agents TEXT NOT NULL,
            labels TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER, revoked INTEGER, last_used INTEGER
        );
        CREATE TRIGGER tokens_inserted AFTER INSERT ON tokens BEGIN
            UPDATE meta SET value = value + 1 WHERE key = 'token_generation';
        END;
        CREATE TRIGGER tokens_changed AFTER UPDATE OF role, digest, agents, labels, expires, revoked ON tokens BEGIN
            UPDATE meta SET value = value + 1 WHERE key = 'token_generation';
        END;
        CREATE TRIGGER tokens_deleted AFTER DELETE ON tokens BEGIN
            UPDATE meta SET value = value + 1 WHERE key = 'token_generation';
        END;

        CREATE TABLE audit (
            id INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, peer TEXT NOT NULL, outcome TEXT NOT NULL
        );
        CREATE INDEX audit_by_time ON audit (time);
        """

    /// Enrolment tokens that were exchanged, and not spent: nothing was heard yet of the agent that got `agent_token`.
    private static let enrolments = """
        CREATE TABLE enrolments (token TEXT PRIMARY KEY, agent_token TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX enrolments_by_agent_token ON enrolments (agent_token);
        """

    /// What webhooks are still to be told; `data` of an alert is JSON. The table of before was never filled.
    private static let webhooks = """
        DROP TABLE webhook_notifications;
        CREATE TABLE webhook_notifications (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, url TEXT NOT NULL, rule TEXT NOT NULL,
            created_at INTEGER NOT NULL
        );
        CREATE TABLE webhook_alerts (
            notification TEXT NOT NULL, position INTEGER NOT NULL, data TEXT NOT NULL,
            PRIMARY KEY (notification, position)
        ) WITHOUT ROWID;
        """

    /// `agent_id` of an alert is NULL when it is about many hosts. JSON besides: `matchers`, `culprits`, `services`, and
    /// the `data` of a rule.
    private static let alertsAndDeployments = """
        CREATE TABLE alerts (
            id TEXT PRIMARY KEY, rule TEXT NOT NULL, agent_id TEXT, source TEXT NOT NULL, level TEXT NOT NULL,
            state TEXT NOT NULL, metric TEXT NOT NULL, value REAL, threshold REAL, message TEXT NOT NULL,
            started_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, resolved_at INTEGER, acknowledged_by TEXT,
            silence TEXT, labels TEXT NOT NULL, culprits TEXT NOT NULL
        );
        CREATE INDEX alerts_by_time ON alerts (started_at);
        CREATE INDEX alerts_by_agent ON alerts (agent_id, started_at);
        CREATE INDEX alerts_active ON alerts (state) WHERE state <> 'resolved';
        CREATE INDEX alerts_resolved ON alerts (resolved_at) WHERE resolved_at IS NOT NULL;

        CREATE TABLE silences (
            id TEXT PRIMARY KEY, matchers TEXT NOT NULL, until INTEGER NOT NULL, comment TEXT NOT NULL,
            created_by TEXT NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE alert_rules (position INTEGER PRIMARY KEY, data TEXT NOT NULL);

        CREATE TABLE deployments (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, agent_id TEXT NOT NULL, task_id TEXT NOT NULL,
            phase TEXT NOT NULL, progress INTEGER, message TEXT NOT NULL, services TEXT NOT NULL, health TEXT NOT NULL,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, finished_at INTEGER, exit_code INTEGER,
            summary TEXT
        );
        CREATE INDEX deployments_by_time ON deployments (created_at);
        CREATE INDEX deployments_by_agent ON deployments (agent_id, created_at);
        CREATE INDEX deployments_finished ON deployments (finished_at) WHERE finished_at IS NOT NULL;
        CREATE INDEX deployments_running ON deployments (phase) WHERE finished_at IS NULL;

        CREATE TABLE webhook_notifications (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, url TEXT NOT NULL, data BLOB NOT NULL
        );
        """
}
