import Gateway
import Glibc
import JSON
import Logging
import Model
import Options
import Reactor
import Storage
import TestSupport
import Testing
import WebTokens
import Wire

@Suite struct WebTokenTests {
    private let files: TemporaryDirectory
    private var secretFile: String { files.path + "/secret" }
    private var keysFile: String { files.path + "/keys.json" }

    init() throws {
        files = try TemporaryDirectory()
        try write(WebTokenMaker.secret + [0x0a], to: secretFile)
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    private func gateway(_ change: (inout Configuration) -> Void = { _ in }) async throws -> TestGateway {
        try await TestGateway {
            $0.webTokens = WebTokenFiles(secret: secretFile)
            change(&$0)
        }
    }

    /// - Parameters:
    ///   - claims: beside the subject, the role and the end.
    ///   - life: seconds from now.
    private func token(
        _ role: String, subject: String = "me", _ claims: String = "", life: Double = 600,
        secret: [UInt8] = WebTokenMaker.secret
    ) -> String {
        let end = Double(SystemClock.wallMilliseconds) / 1_000 + life
        let more = claims.isEmpty ? "" : "," + claims
        return WebTokenMaker.make(
            #"{"sub":"\#(subject)","role":"\#(role)","exp":\#(end)\#(more)}"#, secret: secret)
    }

    private func status(
        _ gateway: TestGateway, _ path: String, _ token: String?, method: String = "GET"
    ) async throws -> Int {
        let body = method == "POST" ? #"{"agent_id":"web1","cmd":"true"}"# : nil
        return try await gateway.call(method, path, body, token: token).status
    }

    /// A gateway that knows tokens of these agents, which they need where keys are configured.
    private func gateway(knowing agents: [String]) async throws -> TestGateway {
        let data = files.path + "/data"
        for id in agents {
            let record = TokenRecord(
                name: TokenName(id), role: .agent, digest: Secrets.sha256("slc_\(id)".utf8),
                created: WallTime(millisecondsSince1970: 1))
            try TokenFile(directory: data).create(record)
        }
        return try await TestGateway(data: data) { $0.webTokens = WebTokenFiles(secret: secretFile) }
    }

    private func connect(
        _ id: String, to gateway: TestGateway, labels: [(String, String)] = []
    ) async throws -> ScriptedAgent {
        try await gateway.agent {
            $0.id = id
            $0.token = "slc_\(id)"
            $0.labels = labels
        }
    }

    // MARK: -

    @Test("where keys are configured everybody needs a token: callers, and agents, which need one of their own")
    func closed() async throws {
        let gateway = try await gateway { $0.httpBind = Endpoint(host: "0.0.0.0", port: 0) }
        #expect(try await status(gateway, "/agents", nil) == 401)
        #expect(try await status(gateway, "/healthz", nil) == 200)
        #expect(try await status(gateway, "/agents", token("viewer")) == 200)
        for credential in [nil, token("admin"), token("agent")] {
            let agent = try ScriptedAgent(port: gateway.agentPort)
            agent.hello { $0.token = credential }
            try await agent.hearEnd()
            guard case .refusal(.badCredentials, _, _)? = agent.said.last else {
                Issue.record("\(agent.said)")
                continue
            }
        }
        await gateway.stop()
    }

    @Test("a viewer may look and runs nothing, an operator runs tasks, an admin does all")
    func roles() async throws {
        let gateway = try await gateway(knowing: ["web1"])
        let agent = try await connect("web1", to: gateway)
        #expect(try await status(gateway, "/agents", token("viewer")) == 200)
        #expect(try await status(gateway, "/tasks/shell", token("viewer"), method: "POST") == 403)
        #expect(try await status(gateway, "/tasks/shell", token("operator"), method: "POST") == 201)
        #expect(try await status(gateway, "/admin/streams", token("operator")) == 403)
        #expect(try await status(gateway, "/admin/streams", token("admin")) == 200)
        withExtendedLifetime(agent) {}
        await gateway.stop()
    }

    @Test("agents outside the scope do not exist for the token, by id and by label")
    func scope() async throws {
        let gateway = try await gateway(knowing: ["web1", "db1"])
        let agents = [
            try await connect("web1", to: gateway), try await connect("db1", to: gateway, labels: [("env", "prod")]),
        ]
        for (claims, seen, hidden) in [
            (#""agents":["web1"]"#, "web1", "db1"), (#""labels":{"env":"prod"}"#, "db1", "web1"),
        ] {
            let token = token("operator", claims)
            #expect(try await status(gateway, "/agents/\(seen)", token) == 200)
            #expect(try await status(gateway, "/agents/\(hidden)", token) == 404)
            let list = try JSONParser.parse(try await gateway.call("GET", "/agents", token: token).body)
            #expect(list["total"] == .integer(1))
            let subscription = #"{"stream_type":"metrics","agent_id":"\#(hidden)"}"#
            #expect(try await gateway.call("POST", "/subscriptions", subscription, token: token).status == 404)
        }
        withExtendedLifetime(agents) {}
        await gateway.stop()
    }

    @Test("a stream ends when the token that made it expires, and the token is refused from then on")
    func expiry() async throws {
        let gateway = try await gateway()
        let token = token("viewer", life: 6)
        let made = try await gateway.call(
            "POST", "/subscriptions", #"{"stream_type":"processed_metrics","agent_id":"*"}"#, token: token)
        try #require(made.status == 201, "\(made.text)")
        let path = try #require(JSONParser.parse(made.body)["stream_url"]?.string)
        let stream = try EventSource(port: gateway.httpPort, path)
        try await stream.hear(1, "stream_status")
        try await stream.hearEnd()
        #expect(stream.events("stream_end").first?.data["reason"] == .string("token_expired"))
        let late = try await gateway.call("GET", "/agents", token: token)
        #expect(late.status == 401)
        #expect(late.text.contains("the token has expired"))
        await gateway.stop()
    }

    @Test("a subscription survives a restart of the gateway, and still ends with its token")
    func restart() async throws {
        let former = try await gateway(knowing: ["web1"])
        let token = token("viewer", life: 10)
        let made = try await former.call(
            "POST", "/subscriptions", #"{"stream_type":"processed_metrics","agent_id":"*"}"#, token: token)
        let path = try #require(JSONParser.parse(made.body)["stream_url"]?.string, "\(made.text)")
        await former.stop()
        let gateway = try await gateway(knowing: [])
        let stream = try EventSource(port: gateway.httpPort, path)
        try await stream.hearEnd()
        #expect(stream.events("stream_status").isEmpty == false)
        #expect(stream.events("stream_end").first?.data["reason"] == .string("token_expired"))
        await gateway.stop()
    }

    @Test("subscriptions are counted and owned by subject, and a smaller scope does not see those of a larger one")
    func subjects() async throws {
        let gateway = try await gateway { $0.maxSubscriptionsPerToken = 2 }
        let body = #"{"stream_type":"processed_metrics","agent_id":"*"}"#
        func subscribe(_ token: String) async throws -> Int {
            try await gateway.call("POST", "/subscriptions", body, token: token).status
        }
        func owned(_ token: String) async throws -> JSONValue? {
            try JSONParser.parse(try await gateway.call("GET", "/subscriptions", token: token).body)["total"]
        }
        #expect(try await subscribe(token("viewer")) == 201)
        #expect(try await subscribe(token("viewer", life: 700)) == 201)
        #expect(try await subscribe(token("viewer")) == 429)
        #expect(try await subscribe(token("viewer", subject: "you")) == 201)
        #expect(try await owned(token("operator", life: 800)) == .integer(2))
        #expect(try await owned(token("operator", #""agents":["web1"]"#)) == .integer(0))
        await gateway.stop()
    }

    @Test("a reload takes other keys at once; a file that is broken changes nothing")
    func reload() async throws {
        let first = [UInt8](repeating: 1, count: 32), second = [UInt8](repeating: 2, count: 32)
        func set(_ secret: [UInt8]) -> [UInt8] {
            Array(#"{"keys":[{"kty":"oct","kid":"a","k":"\#(WebTokenMaker.base64URL(secret))"}]}"#.utf8)
        }
        try write(set(first), to: keysFile)
        let gateway = try await gateway { $0.webTokens?.keySet = keysFile }
        let tokens = [first, second, WebTokenMaker.secret].map { token("viewer", secret: $0) }
        func answers() async throws -> [Int] {
            var answers: [Int] = []
            for token in tokens { answers.append(try await status(gateway, "/agents", token)) }
            return answers
        }
        #expect(try await answers() == [200, 401, 200])
        try write(set(second), to: keysFile)
        #expect(try await answers() == [200, 401, 200])
        gateway.server.reload()
        #expect(try await answers() == [401, 200, 200])
        try write(Array("{".utf8), to: keysFile)
        try write([UInt8](repeating: 3, count: 40), to: secretFile)
        gateway.server.reload()
        #expect(try await answers() == [401, 200, 200])
        try write(set(first), to: keysFile)
        gateway.server.reload()
        #expect(try await answers() == [200, 401, 401])
        await gateway.stop()
    }

    @Test("a public key of a JWKS file verifies, issuer and audience are looked at, and refusals are in the audit")
    func keySet() async throws {
        try write(Array("{\"keys\":[\(Self.key)]}".utf8), to: keysFile)
        let gateway = try await TestGateway {
            $0.webTokens = WebTokenFiles(
                keySet: keysFile, rules: WebTokenRules(issuer: "https://id.example.com", audience: "sluice"))
        }
        #expect(try await status(gateway, "/agents", Self.good) == 200)
        #expect(try await status(gateway, "/agents", Self.ofOtherAudience) == 401)
        let forged = try await gateway.call("GET", "/agents", token: String(Self.good.dropLast(4) + "AAAA"))
        #expect(forged.status == 401)
        #expect(forged.text.contains("no key that is known here has signed it"))
        #expect(try await status(gateway, "/tasks/shell", Self.good, method: "POST") == 403)
        let data = gateway.data
        await gateway.stop()
        let store = try Store.open(
            StoreSettings(directory: data), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let audit = try await store.audit(limit: 10)
        #expect(audit.map(\.actor) == ["jwt/ann", "", "jwt/ann"])
        #expect(audit.map(\.outcome) == ["forbidden", "unauthenticated", "unauthenticated"])
        #expect(audit.last?.subject.contains("not for this gateway") == true)
        await store.close()
        withExtendedLifetime(gateway) {}
    }

    @Test("a gateway whose keys cannot be read does not start, and says which file")
    func unreadable() async throws {
        for content in [nil, "{", "{\"keys\":[]}"] {
            if let content { try write(Array(content.utf8), to: keysFile) }
            await #expect {
                _ = try await gateway { $0.webTokens?.keySet = keysFile }
            } throws: {
                "\($0)".contains("--jwks-file \(keysFile)")
            }
        }
    }

    // MARK: - Made with OpenSSL

    private static let key =
        #"{"kty":"OKP","crv":"Ed25519","kid":"ed1","x":"hBNOQudZ7xfKkRx0UIv1ESN_V_YMhuqKMzajxidGEPE"}"#
    /// Of `ann`, a viewer, for `sluice`, until 2100.
    private static let good =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImVkMSJ9."
        + "eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tIiwiYXVkIjpbInNsdWljZSJdLCJzdWIiOiJhbm4iLCJyb2xlIjoidmlld2VyIiwiZXhwIjo0MTAyNDQ0ODAwfQ."
        + "NJnu1n8eu5O_GGaxxxTakKmo5igSLWWV4P8rfgk41DvQMzyxDyFow-KzIQdvhQx3PAxT44XvzHXHD3q1IxaTAQ"
    /// The same for `other`.
    private static let ofOtherAudience =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImVkMSJ9."
        + "eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tIiwiYXVkIjpbIm90aGVyIl0sInN1YiI6ImFubiIsInJvbGUiOiJ2aWV3ZXIiLCJleHAiOjQxMDI0NDQ4MDB9."
        + "g1bHtgpSkjRJ6V32Uwck6lHr7_poxPpSnaPkUQPKRqLmJ3T1MamTxcjlK6JFMFbLeLFYZU1zIQZBsrALjaNpBQ"
}
