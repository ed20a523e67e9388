import GRDB
import GRDBSQLite

/// A statement bound and read by position with SQLite's own calls. GRDB ends a text at its first NUL, and a host's
/// lines may hold one; it is also the cheaper way for the many rows of logs.
struct RawStatement {
    private let statement: Statement
    private let handle: OpaquePointer

    /// Prepared once per connection.
    init(_ database: Database, _ sql: String) throws {
        statement = try database.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    // MARK: Binding, from 1

    func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(handle, index, value) }

    func bind(_ text: String, at index: Int32) {
        var text = text
        text.withUTF8 { bytes in
            // It may have no address, which would be NULL.
            guard !bytes.isEmpty else {
                sqlite3_bind_text(handle, index, "", 0, Self.copied)
                return
            }
            bytes.withMemoryRebound(to: CChar.self) { characters in
                _ = sqlite3_bind_text(
                    handle, index, characters.baseAddress, Int32(clamping: bytes.count), Self.copied)
            }
        }
    }

    /// Nothing is NULL.
    func bind(_ bytes: [UInt8], at index: Int32) {
        _ = bytes.withUnsafeBytes {
            sqlite3_bind_blob(handle, index, $0.baseAddress, Int32(clamping: $0.count), Self.copied)
        }
    }

    // MARK: Running

    /// For statements without rows.
    func run() throws {
        defer { sqlite3_reset(handle) }
        _ = try step()
    }

    /// Calls `body` for each row until it returns false.
    func forEachRow(_ body: (RawRow) throws -> Bool) throws {
        defer { sqlite3_reset(handle) }
        while try step() {
            guard try body(RawRow(handle: handle)) else { return }
        }
    }

    private func step() throws -> Bool {
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(handle)))
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    /// Tells SQLite to copy what it is given.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// The current row of a `RawStatement`; valid until the next one.
struct RawRow {
    fileprivate let handle: OpaquePointer

    func integer(_ index: Int32) -> Int64 { sqlite3_column_int64(handle, index) }

    func text(_ index: Int32) -> String {
        guard let start = sqlite3_column_text(handle, index) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, index))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func bytes(_ index: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, index) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index))))
    }
}
