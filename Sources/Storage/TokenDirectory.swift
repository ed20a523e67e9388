import Dispatch
import GRDB
package import Model
import Synchronization

/// The tokens as the running gateway knows them: in memory, and at most half a second behind the file, which the
/// command line changes. Any thread; no call waits for the disk but those that are async.
package final class TokenDirectory: Sendable {
    private struct State {
        var byDigest: [[UInt8]: TokenRecord] = [:]
        /// As `TokenTable.enrolments` has them.
        var enrolments: [TokenName: TokenName] = [:]
        var hasClientTokens = false
        var hasAgentTokens = false
        var generation: Int64 = -1
        /// Uses that are not in the file yet; bounded by the number of tokens.
        var uses: [TokenName: WallTime] = [:]
        var pollsUntilUses = TokenDirectory.pollsBetweenUses
        var observer: (@Sendable ([TokenRecord]) -> Void)?
    }

    /// What the file says at one moment.
    private struct Snapshot: Sendable {
        let generation: Int64
        let tokens: [TokenRecord]
        let enrolments: [TokenName: TokenName]

        init(_ database: Database) throws {
            generation = try TokenTable.generation(database)
            tokens = try TokenTable.all(database)
            enrolments = try TokenTable.enrolments(database)
        }
    }

    private let state = Mutex(State())
    private let store: Store
    private let digest: TokenSecret.Digest
    private let queue = DispatchQueue(label: "sluice.store.tokens", qos: .default)
    private let timer = Mutex<RepeatingTimer?>(nil)

    private static let pollMilliseconds = 500
    private static let pollsBetweenUses = 120

    /// Reads the tokens before it returns.
    package init(store: Store, digest: @escaping TokenSecret.Digest) async throws(StoreError) {
        self.store = store
        self.digest = digest
        try await reload()
    }

    /// Begins to follow the file.
    package func start() {
        let timer = RepeatingTimer(on: queue, every: Self.pollMilliseconds) { [weak self] in self?.poll() }
        self.timer.withLock { $0 = timer }
    }

    package func stop() {
        timer.withLock { $0?.cancel() }
        queue.sync { saveUses() }
    }

    // MARK: Asking

    /// Whether any client token was ever made. Revoked and expired ones count: the end of the last token must not open
    /// the gateway to everybody.
    package var hasClientTokens: Bool { state.withLock { $0.hasClientTokens } }
    /// The same for agent and enrolment tokens.
    package var hasAgentTokens: Bool { state.withLock { $0.hasAgentTokens } }

    /// Nil when the secret is unknown, or its token revoked, expired or used up. Hashes first, so that the look-up
    /// tells nothing about the secrets by its time.
    package func token(bearing secret: String, at now: WallTime) -> TokenRecord? {
        let key = digest(Array(secret.utf8))
        return state.withLock { state in
            guard let token = state.byDigest[key], token.isValid(at: now) else { return nil }
            if token.role != .enrol { state.uses[token.name] = now }
            return token
        }
    }

    /// Called now and after each reload with all tokens; on the store's threads.
    package func observe(_ observer: @escaping @Sendable ([TokenRecord]) -> Void) {
        let tokens = state.withLock { state in
            state.observer = observer
            return Array(state.byDigest.values)
        }
        observer(tokens)
    }

    // MARK: Changing

    /// Throws `alreadyExists` for a name that was ever used. In force when it returns.
    package func create(_ token: TokenRecord) async throws(StoreError) {
        try await store.write([StoreWrite { try TokenTable.insert(token, $0) }])
        try await reload()
    }

    /// False when there is no such token, or it is revoked already. In force when it returns.
    package func revoke(_ name: TokenName, at time: WallTime) async throws(StoreError) -> Bool {
        let isRevoked = Box(false)
        try await store.write([StoreWrite { isRevoked.set(try TokenTable.revoke(name, at: time, $0)) }])
        try await reload()
        return isRevoked.value
    }

    /// Gives an agent token for an enrolment token; it replaces one of the same name. The enrolment token is spent by
    /// `completeEnrolment`: until then it may be exchanged again, because its answer may not have arrived, and what it
    /// bought before ends. Throws `invalid` when it is spent, revoked or expired.
    package func exchange(_ enrolment: TokenName, for token: TokenRecord, at now: WallTime) async throws(StoreError) {
        precondition(token.role == .agent, "an enrolment token buys an agent token")
        try await store.write([
            StoreWrite { database in
                let isGood = try Bool.fetchOne(
                    database,
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM tokens WHERE name = :name AND role = 'enrol' AND last_used IS NULL
                            AND revoked IS NULL AND (expires IS NULL OR expires > :now))
                        """,
                    arguments: ["now": now.millisecondsSince1970, "name": enrolment.text])
                guard isGood == true else {
                    throw StoreError.invalid(detail: "the enrolment token is used, revoked or expired")
                }
                let former = try String.fetchOne(
                    database, sql: "SELECT agent_token FROM enrolments WHERE token = ?", arguments: [enrolment.text])
                if let former, former != token.name.text {
                    _ = try TokenTable.revoke(TokenName(former), at: now, database)
                }
                try TokenTable.put(token, database)
                try database.execute(
                    sql: "INSERT OR REPLACE INTO enrolments VALUES (?, ?)",
                    arguments: [enrolment.text, token.name.text])
            }
        ])
        try await reload()
    }

    /// Whether this agent token was bought with an enrolment token that is not spent yet.
    package func isEnrolling(_ token: TokenName) -> Bool { state.withLock { $0.enrolments[token] != nil } }

    /// The agent has its token: what it was bought with is spent.
    package func completeEnrolment(of token: TokenName, at now: WallTime) async throws(StoreError) {
        try await store.write([
            StoreWrite { database in
                try database.execute(
                    sql: """
                        UPDATE tokens SET last_used = ? WHERE name IN (SELECT token FROM enrolments WHERE agent_token = ?)
                        """,
                    arguments: [now.millisecondsSince1970, token.text])
                try database.execute(sql: "DELETE FROM enrolments WHERE agent_token = ?", arguments: [token.text])
            }
        ])
        try await reload()
    }

    /// What the poll does, at once.
    package func reload() async throws(StoreError) {
        install(try await store.read(Snapshot.init))
    }

    // MARK: On the queue

    private func poll() {
        if let changed = try? store.pool.read(changed) { install(changed) }
        let isTime = state.withLock { state in
            state.pollsUntilUses = state.pollsUntilUses > 0 ? state.pollsUntilUses - 1 : Self.pollsBetweenUses
            return state.pollsUntilUses == 0
        }
        if isTime { saveUses() }
    }

    private func changed(_ database: Database) throws -> Snapshot? {
        let generation = try TokenTable.generation(database)
        return state.withLock { $0.generation == generation } ? nil : try Snapshot(database)
    }

    /// A reload that was overtaken by a newer one changes nothing.
    private func install(_ snapshot: Snapshot) {
        let tokens = snapshot.tokens
        let observer: (@Sendable ([TokenRecord]) -> Void)? = state.withLock { state in
            guard snapshot.generation >= state.generation else { return nil }
            state.generation = snapshot.generation
            state.byDigest = Dictionary(tokens.map { ($0.digest, $0) }) { first, _ in first }
            state.enrolments = snapshot.enrolments
            state.hasClientTokens = tokens.contains { $0.role.clientRole != nil }
            state.hasAgentTokens = tokens.contains { $0.role.clientRole == nil }
            return state.observer
        }
        observer?(tokens)
    }

    private func saveUses() {
        let uses = state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
        for (name, time) in uses {
            store.enqueue(
                StoreWrite(essential: false) { database in
                    try database.execute(
                        sql: "UPDATE tokens SET last_used = ? WHERE name = ?",
                        arguments: [time.millisecondsSince1970, name.text])
                })
        }
    }
}

/// One value between the writer's thread and whoever awaits the write.
final class Box<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>
    init(_ value: Value) { storage = Mutex(value) }
    var value: Value { storage.withLock { $0 } }
    func set(_ value: Value) { storage.withLock { $0 = value } }
}
