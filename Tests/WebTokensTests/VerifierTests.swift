import Model
import TestSupport
import Testing
import WebTokens

@Suite("Verifying JSON Web Tokens")
struct VerifierTests {
    private let keys = WebTokenKeys([WebTokenKey(id: nil, .secret(WebTokenMaker.secret))])

    private func token(_ subject: String, until seconds: Int) -> String {
        WebTokenMaker.make(#"{"sub":"\#(subject)","role":"viewer","exp":\#(seconds)}"#)
    }

    private func time(_ seconds: Int64) -> WallTime { WallTime(millisecondsSince1970: seconds * 1_000) }

    @Test(
        "tokens of OpenSSL name their bearer, with each kind of key",
        arguments: [
            Vectors.edDSA, Vectors.es256, Vectors.rs256,
        ])
    func openSSL(token: String) throws {
        let keys = try WebKeySet.parse(Vectors.set(Vectors.ed25519, Vectors.p256, Vectors.rsa))
        let verifier = WebTokenVerifier(WebTokenKeys(keys), WebTokenRules())
        let principal = try verifier.principal(bearing: token, at: time(2_000_000_000))
        #expect(principal.token == TokenName("jwt/build-7"))
        #expect(principal.role == .operator)
        #expect(principal.scope == AgentScope(agents: ["web1"]))
        #expect(principal.expires == time(4_102_444_800))
    }

    @Test("a token that was good is remembered, and not beyond its end")
    func memory() throws {
        let verifier = WebTokenVerifier(keys, WebTokenRules())
        let token = token("me", until: 1_000)
        let principal = try verifier.principal(bearing: token, at: time(900))
        #expect(try verifier.principal(bearing: token, at: time(999)) == principal)
        #expect(verifier.remembered == 1)
        #expect(throws: WebTokenRefusal.claim("has expired: get a new one", of: TokenName("jwt/me"))) {
            try verifier.principal(bearing: token, at: time(1_000))
        }
    }

    @Test("what is refused is not remembered")
    func refused() {
        let verifier = WebTokenVerifier(keys, WebTokenRules(audience: "sluice"))
        #expect(throws: WebTokenRefusal.self) {
            try verifier.principal(bearing: token("me", until: 1_000), at: time(900))
        }
        #expect(throws: WebTokenRefusal.self) { try verifier.principal(bearing: "a.b.c", at: time(900)) }
        #expect(verifier.remembered == 0)
    }

    @Test("memory is bounded: expired tokens go first, then all")
    func bounded() throws {
        let verifier = WebTokenVerifier(keys, WebTokenRules())
        let most = WebTokenVerifier.maximumRemembered
        for index in 0..<most {
            _ = try verifier.principal(bearing: token("\(index)", until: index < 100 ? 1_000 : 3_000), at: time(900))
        }
        #expect(verifier.remembered == most)
        _ = try verifier.principal(bearing: token("late", until: 3_000), at: time(2_000))
        #expect(verifier.remembered == most - 99)
        for index in 0..<100 {
            _ = try verifier.principal(bearing: token("more-\(index)", until: 3_000), at: time(2_000))
        }
        #expect(verifier.remembered == 1)
    }

    @Test("with other keys, tokens of the former ones are refused at once")
    func replaced() throws {
        let verifier = WebTokenVerifier(keys, WebTokenRules())
        let token = token("me", until: 1_000)
        _ = try verifier.principal(bearing: token, at: time(900))
        verifier.replaceKeys(WebTokenKeys([WebTokenKey(id: nil, .secret([UInt8](repeating: 5, count: 32)))]))
        #expect(verifier.remembered == 0)
        #expect(throws: WebTokenRefusal.unverified) { try verifier.principal(bearing: token, at: time(900)) }
        verifier.replaceKeys(keys)
        _ = try verifier.principal(bearing: token, at: time(900))
    }

    @Test("many threads may ask, while keys come and go")
    func threads() async throws {
        let verifier = WebTokenVerifier(
            WebTokenKeys(try WebKeySet.parse(Vectors.set(Vectors.ed25519, Vectors.p256, Vectors.rsa))),
            WebTokenRules())
        let others = WebTokenKeys(try WebKeySet.parse(Vectors.set(Vectors.p256, Vectors.rsa, Vectors.ed25519)))
        await withTaskGroup(of: Bool.self) { group in
            for token in [Vectors.edDSA, Vectors.es256, Vectors.rs256] {
                for _ in 0..<8 {
                    group.addTask {
                        (0..<10).allSatisfy { _ in
                            verifier.replaceKeys(others)
                            let now = WallTime(millisecondsSince1970: 2_000_000_000_000)
                            return (try? verifier.principal(bearing: token, at: now)) != nil
                        }
                    }
                }
            }
            for await isGood in group { #expect(isGood) }
        }
    }
}
