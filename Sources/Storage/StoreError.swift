import GRDB
package import Model

/// Why something is not stored, or not read. The associated texts are for people.
package enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Written by a newer program; never opened, never changed.
    case newerSchema(file: String, found: Int, known: Int)
    /// Not a database, or one that SQLite finds damaged.
    case corrupt(file: String, detail: String)
    /// The file or its directory cannot be made, read or written.
    case cannotOpen(file: String, detail: String)
    /// Disk full, I/O error, locked for too long: the same call may succeed later. The store tries by itself.
    case unavailable(detail: String)
    /// The bounded queue in front of the writer is full.
    case queueFull
    /// After `close()`.
    case closed
    /// A name that is already taken.
    case alreadyExists(String)
    /// A search that was given up; the same one, narrowed, may succeed.
    case tooSlow(limit: Milliseconds)
    /// A search that cannot be made. `field` is the parameter of the API that is at fault: `q`, `page`.
    case invalidQuery(field: String, detail: String)
    /// Refused by a rule of the schema, or a stored value that this program does not understand.
    case invalid(detail: String)

    package var description: String {
        switch self {
        case .newerSchema(let file, let found, let known):
            "\(file) was written by a newer version of Sluice (schema \(found); this one knows \(known)): "
                + "run that version, or start with another data directory"
        case .corrupt(let file, let detail):
            "\(file) is damaged (\(detail)): stop the gateway, then restore the file from a backup, "
                + "or move it away together with its -wal and -shm files to start with an empty one"
        case .cannotOpen(let file, let detail): "\(file) cannot be opened: \(detail)"
        case .unavailable(let detail): "the store is not available: \(detail)"
        case .queueFull: "the store's queue is full"
        case .closed: "the store is closed"
        case .alreadyExists(let name): "\(name) already exists"
        case .tooSlow(let limit):
            "the search was given up after \(limit) ms: narrow it by time, agent, level or rarer words"
        case .invalidQuery(let field, let detail): "\(field) \(detail)"
        case .invalid(let detail): "refused by the store: \(detail)"
        }
    }

    /// Whether the same call may succeed when the disk has recovered.
    package var isTemporary: Bool {
        switch self {
        case .unavailable, .queueFull: true
        default: false
        }
    }
}

extension StoreError {
    /// What a failed statement means to a caller.
    init(_ error: any Error, file: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(error, file: file)
        default: self = .unavailable(detail: "\(error)")
        }
    }

    private init(_ error: DatabaseError, file: String) {
        let detail = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(file: file, detail: detail)
        case .SQLITE_CONSTRAINT: self = .invalid(detail: detail)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self = .cannotOpen(file: file, detail: detail)
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_NOMEM, .SQLITE_INTERRUPT:
            self = .unavailable(detail: detail)
        case .SQLITE_MISUSE: self = .closed
        default: self = .invalid(detail: detail)
        }
    }

    /// Whether the disk or the file is at fault, and not this one write.
    var concernsWholeStore: Bool {
        switch self {
        case .unavailable, .corrupt, .cannotOpen: true
        default: false
        }
    }
}
