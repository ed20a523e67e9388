import GRDB
package import Model

/// The statements on `tokens`, for the gateway and for the command line alike.
enum TokenTable {
    /// Throws `alreadyExists` for a name that was ever used, revoked or not.
    static func insert(_ token: TokenRecord, _ database: Database) throws {
        let taken = try Bool.fetchOne(
            database, sql: "SELECT EXISTS (SELECT 1 FROM tokens WHERE name = ?)", arguments: [token.name.text])
        if taken == true { throw StoreError.alreadyExists("token \(token.name)") }
        try put(token, database)
    }

    /// Inserts or replaces.
    static func put(_ token: TokenRecord, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                token.name.text, token.role.rawValue, Blob(token.digest), try token.scope.agentsText(),
                try token.scope.labelsText(), token.created.millisecondsSince1970,
                token.expires?.millisecondsSince1970, token.revoked?.millisecondsSince1970,
                token.lastUsed?.millisecondsSince1970,
            ])
    }

    static func all(_ database: Database) throws -> [TokenRecord] {
        try Row.fetchAll(database, sql: "SELECT * FROM tokens ORDER BY name").map(TokenRecord.init(row:))
    }

    /// False when there is no such token, or it is revoked already.
    static func revoke(_ name: TokenName, at time: WallTime, _ database: Database) throws -> Bool {
        try database.execute(
            sql: "UPDATE tokens SET revoked = ? WHERE name = ? AND revoked IS NULL",
            arguments: [time.millisecondsSince1970, name.text])
        return database.changesCount > 0
    }

    /// Enrolment tokens that are not spent yet, by the agent tokens that they were exchanged for.
    static func enrolments(_ database: Database) throws -> [TokenName: TokenName] {
        let rows = try Row.fetchAll(database, sql: "SELECT agent_token, token FROM enrolments")
        return Dictionary(rows.map { (TokenName($0["agent_token"]), TokenName($0["token"])) }) { first, _ in first }
    }

    /// Rises with every change that matters to who may do what; uses are not among them.
    static func generation(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'token_generation'") ?? 0
    }
}

extension TokenRecord {
    fileprivate init(row: Row) throws {
        self.init(
            name: TokenName(row["name"]), role: try row.value(TokenRole.init(rawValue:), of: "role"),
            digest: row.bytes("digest") ?? [], scope: try AgentScope(row: row),
            created: row.requiredTime("created"), expires: row.time("expires"))
        revoked = row.time("revoked")
        lastUsed = row.time("last_used")
    }
}

// MARK: - For the command line

/// The tokens in a data directory, beside a gateway that may be running. Every call blocks, up to 5 s while the gateway
/// writes; never used by the gateway itself.
package struct TokenFile: Sendable {
    private let queue: DatabaseQueue
    private let file: String

    /// Makes the directory and the file where they are not there.
    package init(directory: String) throws(StoreError) {
        file = StoreSettings(directory: directory).databaseFile
        queue = try DatabaseFile.openQueue(file)
    }

    /// Throws `alreadyExists` for a name that was ever used.
    package func create(_ token: TokenRecord) throws(StoreError) {
        try write { try TokenTable.insert(token, $0) }
    }

    /// By name, the revoked and expired ones included.
    package func list() throws(StoreError) -> [TokenRecord] { try write(TokenTable.all) }

    /// False when there is no such token, or it is revoked already.
    package func revoke(_ name: TokenName, at time: WallTime) throws(StoreError) -> Bool {
        try write { try TokenTable.revoke(name, at: time, $0) }
    }

    private func write<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do {
            return try queue.write(body)
        } catch {
            throw StoreError(error, file: file)
        }
    }
}
