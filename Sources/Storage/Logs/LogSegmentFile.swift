import GRDB
import Glibc
import GRDBSQLite
import Model

/// The database of one segment: its schema, opening it to write and to read.
enum LogSegmentFile {
    /// Opens or makes it. WAL with `synchronous = NORMAL`, as in `DatabaseFile`.
    static func openToWrite(_ path: String) throws -> DatabaseQueue {
        guard OpenFile(path: path, flags: O_RDWR | O_CREAT) != nil else { throw FileSystem.failure(path) }
        var configuration = Configuration()
        configuration.label = "sluice.logs"
        configuration.busyMode = .timeout(5)
        configuration.journalMode = .wal
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216;
                    PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000
                    """)
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { try schema.migrate($0, file: path) }
        return queue
    }

    /// Reads on a connection of its own, which ends with the call: no search waits for the writer or for another search,
    /// and no descriptors are held between them. Throws SQLITE_INTERRUPT after the deadline.
    static func read<Value>(
        _ path: String, until deadline: SearchDeadline, _ body: (Database) throws -> Value
    ) throws -> Value {
        var configuration = Configuration()
        configuration.label = "sluice.logs.search"
        configuration.readonly = true
        configuration.busyMode = .timeout(1)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        return try queue.read { database in
            // Unretained because the deadline outlives this scope, and the handler is taken away at its end.
            let context = Unmanaged.passUnretained(deadline).toOpaque()
            sqlite3_progress_handler(
                database.sqliteConnection, 10_000,
                { Unmanaged<SearchDeadline>.fromOpaque($0!).takeUnretainedValue().isOver ? 1 : 0 }, context)
            defer { sqlite3_progress_handler(database.sqliteConnection, 0, nil, nil) }
            return try body(database)
        }
    }

    static let schema = Schema(migrations: [firstVersion])

    /// Times are milliseconds since 1970. `lines_text` finds lines by the words of their message, attributes and component, and by
    /// `tag`: agent, level and component as one word each (`a17 l2 c5`). That is far cheaper than an index for each
    /// of these would be, and any of them together are one question. It holds no text of its own (`content = ''`).
    private static let firstVersion = """
        CREATE TABLE segment (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE positions (
            agent TEXT NOT NULL, type TEXT NOT NULL, origin INTEGER NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (agent, type)
        ) WITHOUT ROWID;

        CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE components (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

        CREATE TABLE lines (
            id INTEGER PRIMARY KEY, time INTEGER NOT NULL, level INTEGER NOT NULL, agent INTEGER NOT NULL,
            component INTEGER NOT NULL, source INTEGER NOT NULL, message TEXT NOT NULL, attributes BLOB
        );
        CREATE INDEX lines_by_time ON lines (time, level, agent);
        CREATE INDEX lines_serious ON lines (level, time, agent) WHERE level >= 3;
        CREATE VIRTUAL TABLE lines_text USING fts5(
            message, component, tag, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2');
        INSERT INTO lines_text (lines_text, rank) VALUES ('hashsize', 8388608);

        CREATE TABLE events (
            id INTEGER PRIMARY KEY, time INTEGER NOT NULL, agent TEXT NOT NULL, severity INTEGER NOT NULL,
            kind TEXT NOT NULL, unit TEXT NOT NULL, message TEXT NOT NULL, attributes TEXT NOT NULL
        );
        CREATE INDEX events_by_agent ON events (agent, time);
        """
}
