import Model
import Storage
import Synchronization
import Testing

@Suite struct TokenTests {
    /// Stands for SHA-256: these tests are not about the digest.
    static let digest: TokenSecret.Digest = { Array($0.reversed()) }

    private static func token(_ name: String, _ secret: String, _ role: TokenRole = .operator) -> TokenRecord {
        TokenRecord(
            name: TokenName(name), role: role, digest: digest(Array(secret.utf8)),
            scope: AgentScope(agents: ["web1"], labels: ["a": "b"]), created: at(1), expires: at(1_000))
    }

    @Test("secrets are random, and have 160 bits behind their prefix")
    func secrets() {
        let secrets = Set((0..<1_000).map { _ in TokenSecret.make() })
        #expect(secrets.count == 1_000)
        #expect(secrets.allSatisfy { $0.hasPrefix("slc_") && $0.count == 36 })
        #expect(Set(secrets.joined().dropFirst(4)).count >= 32)
    }

    @Test("a token is known by its secret until it is revoked or expires")
    func life() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let tokens = try await TokenDirectory(store: store, digest: Self.digest)
        #expect(!tokens.hasClientTokens && !tokens.hasAgentTokens)
        let record = Self.token("ci", "slc_x")
        try await tokens.create(record)
        #expect(tokens.token(bearing: "slc_x", at: at(5)) == record)
        #expect(tokens.token(bearing: "slc_y", at: at(5)) == nil)
        #expect(tokens.token(bearing: "slc_x", at: at(1_000)) == nil)
        #expect(record.principal?.role == .operator)
        #expect(try await tokens.revoke(TokenName("ci"), at: at(6)))
        #expect(!(try await tokens.revoke(TokenName("ci"), at: at(7))))
        #expect(!(try await tokens.revoke(TokenName("nobody"), at: at(7))))
        #expect(tokens.token(bearing: "slc_x", at: at(8)) == nil)
        #expect(tokens.hasClientTokens, "the end of the last token must not open the gateway")
        #expect(!tokens.hasAgentTokens)
        await #expect(throws: StoreError.alreadyExists("token ci")) { try await tokens.create(record) }
        await store.close()
    }

    @Test("an enrolment token is spent when its agent has been heard; until then what it bought last is good")
    func enrolment() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let tokens = try await TokenDirectory(store: store, digest: Self.digest)
        try await tokens.create(Self.token("fleet", "slc_enrol", .enrol))
        await withTaskGroup { group in
            for number in 0..<5 {
                group.addTask {
                    let agent = Self.token("agent-\(number)", "slc_\(number)", .agent)
                    try? await tokens.exchange(TokenName("fleet"), for: agent, at: at(5))
                }
            }
        }
        let good = (0..<5).filter { tokens.token(bearing: "slc_\($0)", at: at(6)) != nil }
        try #require(good.count == 1)
        let name = TokenName("agent-\(good[0])")
        #expect(tokens.token(bearing: "slc_enrol", at: at(6)) != nil)
        #expect((0..<5).filter { tokens.isEnrolling(TokenName("agent-\($0)")) } == good)

        let again = try await TokenDirectory(store: store, digest: Self.digest)
        #expect(again.isEnrolling(name), "a restart of the gateway knows")
        try await tokens.completeEnrolment(of: name, at: at(7))
        #expect(!tokens.isEnrolling(name))
        #expect(tokens.token(bearing: "slc_enrol", at: at(8)) == nil)
        #expect(tokens.token(bearing: "slc_\(good[0])", at: at(8)) != nil)
        let late = Self.token("agent-9", "slc_9", .agent)
        await #expect(throws: StoreError.self) { try await tokens.exchange(TokenName("fleet"), for: late, at: at(9)) }
        #expect(tokens.token(bearing: "slc_9", at: at(10)) == nil)
        await store.close()
    }

    @Test("what the command line does comes into force by itself, and the use of a token is seen there")
    func commandLine() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let tokens = try await TokenDirectory(store: store, digest: Self.digest)
        let reloads = Mutex(0)
        tokens.observe { _ in reloads.withLock { $0 += 1 } }
        tokens.start()
        let file = try TokenFile(directory: directory.path)

        var start = ContinuousClock.now
        try file.create(Self.token("cli", "slc_cli"))
        try await eventually("the new token is known") { tokens.token(bearing: "slc_cli", at: at(9)) != nil }
        print("figure: a created token is in force after \(ContinuousClock.now - start)")
        start = ContinuousClock.now
        #expect(try file.revoke(TokenName("cli"), at: at(10)))
        try await eventually("the token is revoked") { tokens.token(bearing: "slc_cli", at: at(9)) == nil }
        print("figure: a revoked token is refused after \(ContinuousClock.now - start)")
        #expect(reloads.withLock { $0 } == 3)  // once when it began to observe
        tokens.stop()
        await store.flush()
        let listed = try file.list()
        #expect(listed.map(\.name.text) == ["cli"])
        #expect(listed.first?.lastUsed == at(9))
        #expect(listed.first?.revoked == at(10))
        await store.close()
    }

    @Test("the command line may come first")
    func commandLineFirst() async throws {
        let directory = try TemporaryDirectory()
        try TokenFile(directory: directory.path + "/new/data").create(Self.token("first", "slc_1"))
        let store = try Store.open(StoreSettings(directory: directory.path + "/new/data"), log: quietLog())
        let tokens = try await TokenDirectory(store: store, digest: Self.digest)
        #expect(tokens.token(bearing: "slc_1", at: at(9)) != nil)
        await store.close()
    }

    @Test("1 000 tokens are reloaded at once")
    func reloadTime() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let tokens = try await TokenDirectory(store: store, digest: Self.digest)
        let file = try TokenFile(directory: directory.path)
        for number in 0..<1_000 { try file.create(Self.token("t\(number)", "slc_\(number)")) }
        let start = ContinuousClock.now
        try await tokens.reload()
        print("figure: 1 000 tokens reloaded in \(ContinuousClock.now - start)")
        #expect(tokens.token(bearing: "slc_999", at: at(9)) != nil)
        await store.close()
    }
}
