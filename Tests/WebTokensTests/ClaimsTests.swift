import Model
import TestSupport
import Testing
import WebTokens

@Suite("Claims of JSON Web Tokens")
struct ClaimsTests {
    private static let now: Int64 = 1_800_000_000

    /// - Parameter claims: beside `sub`, `role` and an `exp` in an hour; a claim given here stands in place of those.
    private func principal(_ claims: String, _ rules: WebTokenRules = WebTokenRules()) throws -> Principal {
        let ordinary = [("sub", #""me""#), ("role", #""viewer""#), ("exp", "\(Self.now + 3_600)")]
            .filter { !claims.contains("\"\($0.0)\":") }.map { "\"\($0.0)\":\($0.1)" }
        let all = ordinary + (claims.isEmpty ? [] : [claims])
        return try raw("{" + all.joined(separator: ",") + "}", rules)
    }

    private func raw(_ payload: String, _ rules: WebTokenRules = WebTokenRules()) throws -> Principal {
        let verifier = WebTokenVerifier(WebTokenKeys([WebTokenKey(id: nil, .secret(WebTokenMaker.secret))]), rules)
        return try verifier.principal(
            bearing: WebTokenMaker.make(payload), at: WallTime(millisecondsSince1970: Self.now * 1_000))
    }

    private func refusal(_ claims: String, _ rules: WebTokenRules = WebTokenRules()) -> String? {
        do {
            _ = try principal(claims, rules)
            return nil
        } catch let error as WebTokenRefusal {
            return error.reason
        } catch {
            return "\(error)"
        }
    }

    @Test("subject, role and end make the caller; without a scope, the token is for all agents")
    func plain() throws {
        #expect(
            try principal("")
                == Principal(
                    token: TokenName("jwt/me"), role: .viewer, scope: .all,
                    expires: WallTime(millisecondsSince1970: (Self.now + 3_600) * 1_000)))
    }

    @Test("each role of people is had; those of agents, others and none are not")
    func roles() throws {
        for role in Role.allCases { #expect(try principal(#""role":"\#(role.rawValue)""#).role == role) }
        for role in [#""agent""#, #""enrol""#, #""root""#, #""Admin""#, #""""#, "null", "1", #"["admin"]"#] {
            #expect(refusal("\"role\":\(role)")?.contains("role") == true)
        }
        #expect(throws: WebTokenRefusal.self) { try raw(#"{"sub":"me","exp":\#(Self.now + 60)}"#) }
    }

    @Test("agents and labels are the scope, in an order that does not matter")
    func scope() throws {
        let scope = try principal(#""agents":["web2","web1","web2"],"labels":{"env":"prod"}"#).scope
        #expect(scope == AgentScope(agents: ["web1", "web2"], labels: ["env": "prod"]))
        #expect(try principal(#""agents":["web1","web2"],"labels":{"env":"prod"}"#).scope == scope)
    }

    @Test(
        "a scope that is empty or of the wrong kind is refused, and does not mean all",
        arguments: [
            #""agents":[]"#, #""agents":null"#, #""agents":"web1""#, #""agents":["web1",2]"#, #""agents":["a b"]"#,
            #""agents":[""]"#, #""agents":{}"#, #""labels":{}"#, #""labels":null"#, #""labels":["env"]"#,
            #""labels":{"env":1}"#, #""labels":{"env":"prod","x":null}"#,
        ])
    func badScope(claims: String) { #expect(refusal(claims)?.contains("for all") == true) }

    @Test("a token has to say when it expires, and is good until then to the millisecond")
    func expiry() throws {
        #expect(throws: WebTokenRefusal.self) { try raw(#"{"sub":"me","role":"viewer"}"#) }
        #expect(refusal(#""exp":\#(Self.now)"#)?.contains("expired") == true)
        #expect(refusal(#""exp":\#(Self.now - 1)"#)?.contains("expired") == true)
        #expect(
            try principal(#""exp":\#(Self.now).25"#).expires
                == WallTime(millisecondsSince1970: Self.now * 1_000 + 250))
        for time in ["null", #""\#(Self.now + 60)""#, "-1", "1e300", "253402300800", "[]", "true"] {
            #expect(refusal("\"exp\":\(time)") != nil, "\(time)")
        }
    }

    @Test("an end in thousands of years is one in a hundred")
    func farEnd() throws {
        let end = try #require(try principal(#""exp":253402300799"#).expires)
        #expect(end.millisecondsSince1970 == Self.now * 1_000 + 36_500 * 86_400_000)
    }

    @Test("nbf and iat may be a minute ahead", arguments: ["nbf", "iat"])
    func starts(claim: String) {
        #expect(refusal("\"\(claim)\":\(Self.now)") == nil)
        #expect(refusal("\"\(claim)\":\(Self.now + 60)") == nil)
        #expect(refusal("\"\(claim)\":\(Self.now + 61)")?.contains("not valid yet") == true)
        #expect(refusal("\"\(claim)\":\"soon\"")?.contains("no time") == true)
    }

    @Test("issuer and audience are looked at where they are configured")
    func parties() {
        let rules = WebTokenRules(issuer: "https://id.example.com", audience: "sluice")
        let issuer = #""iss":"https://id.example.com""#
        #expect(refusal("") == nil)
        #expect(refusal(#""iss":"x","aud":["y"]"#) == nil)
        #expect(refusal(issuer + #","aud":"sluice""#, rules) == nil)
        #expect(refusal(issuer + #","aud":["other","sluice"]"#, rules) == nil)
        for audience in [
            #""other""#, #"["other"]"#, "[]", "null", "1", #"{"sluice":1}"#, #""sluice ""#, #"[["sluice"]]"#,
        ] {
            #expect(refusal(issuer + ",\"aud\":\(audience)", rules)?.contains("(aud)") == true, "\(audience)")
        }
        #expect(refusal(issuer, rules)?.contains("(aud)") == true)
        #expect(refusal(#""aud":"sluice""#, rules)?.contains("(iss)") == true)
        #expect(refusal(#""iss":"https://id.example.com/","aud":"sluice""#, rules)?.contains("(iss)") == true)
    }

    @Test("subjects become names that are visible, differ where they do, and are no names of other tokens")
    func subjects() throws {
        func name(_ subject: String) throws -> String? { try principal(#""sub":"\#(subject)""#).token?.text }
        #expect(try name("ann@example.com") == "jwt/ann@example.com")
        #expect(try name(#"a b\n\u0000%"#) == "jwt/a%20b%0A%00%25")
        #expect(try name("a%20b") == "jwt/a%2520b")
        #expect(try name("é") == "jwt/%C3%A9")
        #expect(!IdentifierRules.isValid(try #require(try name("me"))))
        #expect(try name(String(repeating: "x", count: 255)) != nil)
        for subject in [#""""#, "null", "7", "\"" + String(repeating: "x", count: 256) + "\""] {
            #expect(refusal("\"sub\":\(subject)")?.contains("(sub)") == true)
        }
    }

    @Test("tokens without a subject are somebody each")
    func withoutSubject() throws {
        let first = try raw(#"{"role":"viewer","exp":\#(Self.now + 60)}"#)
        let second = try raw(#"{"role":"viewer","exp":\#(Self.now + 61)}"#)
        let again = try raw(#"{"role":"viewer","exp":\#(Self.now + 60)}"#)
        #expect(first.token?.text.hasPrefix("jwt/%-") == true && first.token?.text.count == 38)
        #expect(first.token == again.token && first.token != second.token)
    }

    @Test("claims that are no object, or say something twice, are refused")
    func strictness() {
        for payload in [
            "", "[]", "null", "1", #"{"sub":"me","sub":"you","role":"admin","exp":\#(Self.now + 60)}"#,
            #"{"sub":"me","role":"viewer","role":"admin","exp":\#(Self.now + 60)}"#, "{",
        ] {
            #expect(throws: WebTokenRefusal.malformed) { try raw(payload) }
        }
    }

    @Test("a genuine token that is refused is known by name")
    func names() {
        do {
            _ = try principal(#""exp":\#(Self.now - 1)"#)
            Issue.record("an expired token is taken")
        } catch {
            #expect((error as? WebTokenRefusal)?.token == TokenName("jwt/me"))
        }
    }
}
