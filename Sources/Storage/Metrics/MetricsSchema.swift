/// Of `metrics.db`.
extension Schema {
    static let metrics = Schema(migrations: [firstVersion])

    /// `recent` takes samples in the order in which they come, so that a transaction writes a few pages whatever the
    /// number of agents. When a minute is over, its samples become one row of `samples` and one of `minutes` for each
    /// agent; `due_hours` are those whose row of `hours` has to be made, or made anew. Minutes and hours are counted
    /// from 1970; times are milliseconds since then.
    private static let firstVersion = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO meta VALUES ('probe', 0);
        CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE recent (
            id INTEGER PRIMARY KEY, agent INTEGER NOT NULL, time INTEGER NOT NULL, data BLOB NOT NULL
        );
        CREATE TABLE samples (
            agent INTEGER NOT NULL, minute INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (agent, minute)
        ) WITHOUT ROWID;
        CREATE TABLE minutes (
            agent INTEGER NOT NULL, minute INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (agent, minute)
        ) WITHOUT ROWID;
        CREATE TABLE hours (
            agent INTEGER NOT NULL, hour INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (agent, hour)
        ) WITHOUT ROWID;
        CREATE TABLE due_hours (hour INTEGER PRIMARY KEY);
        CREATE TABLE health_last (agent INTEGER PRIMARY KEY, time INTEGER NOT NULL, data TEXT NOT NULL);
        CREATE TABLE health (
            agent INTEGER NOT NULL, time INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (agent, time)
        ) WITHOUT ROWID;
        """
}
