import Dispatch
import GRDB
import Glibc

/// Opening `sluice.db`, for the gateway and for commands beside it, and `metrics.db`.
///
/// WAL with `synchronous = NORMAL`: what was acknowledged survives the end of the process at any moment (`kill -9`); a
/// loss of power may take the last moments before it, never the consistency of the file.
enum DatabaseFile {
    /// How long a process waits for another one's transaction.
    private static let busySeconds = 5.0

    static func openPool(_ file: String, schema: Schema = .controlPlane) throws(StoreError) -> DatabasePool {
        try open(file, schema) { try DatabasePool(path: file, configuration: configuration(label: "sluice.store")) }
    }

    /// One connection, for a short visit.
    static func openQueue(_ file: String) throws(StoreError) -> DatabaseQueue {
        try open(file, .controlPlane) {
            var configuration = configuration(label: "sluice.visit")
            configuration.journalMode = .wal
            return try DatabaseQueue(path: file, configuration: configuration)
        }
    }

    private static func open<Writer: DatabaseWriter>(
        _ file: String, _ schema: Schema, _ connect: () throws -> Writer
    ) throws(StoreError) -> Writer {
        do {
            try makePrivate(file)
            let writer = try connect()
            try writer.writeWithoutTransaction { try schema.migrate($0, file: file) }
            return writer
        } catch {
            let error = StoreError(error, file: file)
            guard case .unavailable(let detail) = error else { throw error }
            throw .cannotOpen(file: file, detail: detail)
        }
    }

    private static func configuration(label: String) -> Configuration {
        var configuration = Configuration()
        configuration.label = label
        configuration.busyMode = .timeout(busySeconds)
        configuration.maximumReaderCount = 4
        // More than this nobody but root may have, and libdispatch would log each thread that is refused it.
        configuration.qos = .default
        configuration.prepareDatabase { database in
            guard !database.configuration.readonly else { return }
            // The limit keeps a WAL that grew in a burst from staying that large.
            try database.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216")
        }
        return configuration
    }

    /// Makes the file, if it is not there, for this user alone: it holds ids that are rights to read. SQLite gives its
    /// companions the same mode.
    private static func makePrivate(_ file: String) throws(StoreError) {
        let directory = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        try FileSystem.makeDirectory(directory)
        guard OpenFile(path: file, flags: O_RDWR | O_CREAT) != nil else { throw FileSystem.failure(file) }
    }
}
