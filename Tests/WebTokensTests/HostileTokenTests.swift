import TestSupport
import Testing
import WebTokens

@Suite("Hostile JSON Web Tokens")
struct HostileTokenTests {
    private let claims = #"{"sub":"me","role":"admin","exp":4102444800}"#
    private let secretKey = WebTokenKey(id: nil, .secret(WebTokenMaker.secret))

    private func refusal(_ token: String, _ keys: [WebTokenKey]) -> WebTokenRefusal? {
        do {
            _ = try WebToken(token).verified(by: WebTokenKeys(keys))
            return nil
        } catch {
            return error
        }
    }

    @Test("the token that the others here are made from is good")
    func good() { #expect(refusal(WebTokenMaker.make(claims), [secretKey]) == nil) }

    @Test(
        "what is not three parts of base64url is refused",
        arguments: [
            "", ".", "..", "...", "a.b", "a.b.c.d", "e30.e30", "e30.e30.e30.e30.e30", "e30=.e30.e30", "e 30.e30.e30",
            "e30.e3+.e30", "e30.e3/.e30", "é.e30.e30", "e30.e30.a", "e31.e30.e30", "bnVsbA.e30.e30", "W10.e30.e30",
            "eyJ.e30.e30", "\0.e30.e30",
        ])
    func malformed(token: String) {
        let refusal = refusal(token, [secretKey])
        #expect(refusal == .malformed || refusal == .unsupported)
    }

    @Test("a second spelling of the same token is refused, so each is remembered once")
    func spelling() {
        let token = WebTokenMaker.make(claims)
        #expect(refusal(token + "=", [secretKey]) == .malformed)
        // 32 bytes leave two bits of the last character over, which have to be 0.
        let last = token.utf8.last!
        let other = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let next = other[other.firstIndex(of: last)! + 1]
        #expect(refusal(token.dropLast() + String(decoding: [next], as: UTF8.self), [secretKey]) == .malformed)
    }

    @Test("beyond 8 KiB nothing is read")
    func large() {
        let padding = String(repeating: "x", count: 8_192)
        #expect(refusal(WebTokenMaker.make(#"{"x":"\#(padding)"}"#), [secretKey]) == .malformed)
        #expect(refusal(String(repeating: ".", count: 1 << 20), [secretKey]) == .malformed)
        #expect(refusal(WebTokenMaker.make(#"{"x":"\#(padding.prefix(6_000))"}"#), [secretKey]) == nil)
    }

    @Test(
        "algorithms that are not taken are refused before any key is asked",
        arguments: [
            "none", "None", "NONE", "", "HS384", "HS512", "RS384", "PS256", "ES384", "ES256K", "Ed448", "hs256",
            "HS256 ",
        ])
    func algorithms(name: String) {
        let token = WebTokenMaker.make(claims, header: #"{"alg":"\#(name)"}"#)
        #expect(refusal(token, [secretKey]) == .unsupported)
        let unsigned = token.split(separator: ".")[..<2].joined(separator: ".") + "."
        #expect(refusal(unsigned, [secretKey]) == .unsupported)
    }

    @Test("an empty signature verifies with no key of any kind", arguments: ["HS256", "RS256", "ES256", "EdDSA"])
    func unsigned(name: String) throws {
        let token = WebTokenMaker.make(claims, header: #"{"alg":"\#(name)"}"#)
        let keys = try WebKeySet.parse(Vectors.set(Vectors.rsa, Vectors.p256, Vectors.ed25519)) + [secretKey]
        let unsigned = token.split(separator: ".")[..<2].joined(separator: ".") + "."
        #expect(refusal(unsigned, keys) == .unverified)
    }

    @Test("a public key is no secret of HS256, whichever way it is written")
    func confusion() throws {
        let keys = try WebKeySet.parse(Vectors.set(Vectors.rsa, Vectors.p256, Vectors.ed25519))
        for key in [Vectors.rsa, Vectors.p256, Vectors.ed25519] {
            for name in ["n", "x", "y"] {
                guard let text = key.split(separator: "\"\(name)\":\"").dropFirst().first?.prefix(while: { $0 != "\"" })
                else { continue }
                for header in [
                    WebTokenMaker.header, #"{"alg":"HS256","kid":"rsa1"}"#, #"{"alg":"RS256","kid":"rsa1"}"#,
                ] {
                    let token = WebTokenMaker.make(claims, header: header, secret: Array(text.utf8))
                    #expect(refusal(token, keys) == .unverified)
                }
            }
        }
        let whole = WebTokenMaker.make(claims, secret: Array(Vectors.rsa.utf8))
        #expect(refusal(whole, keys) == .unverified)
    }

    @Test("an empty secret signs nothing")
    func emptySecret() {
        #expect(refusal(WebTokenMaker.make(claims, secret: []), [secretKey]) == .unverified)
        #expect(refusal(WebTokenMaker.make(claims, secret: []), []) == .unverified)
    }

    @Test(
        "a header that has to be understood, or is for something else, is refused",
        arguments: [
            #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":[]}"#, #"{"alg":"HS256","crit":null}"#,
            #"{"alg":"HS256","b64":false,"crit":["b64"]}"#, #"{"alg":"HS256","typ":"logout+jwt"}"#,
            #"{"alg":"HS256","typ":1}"#, #"{"alg":["HS256"]}"#, #"{"alg":null}"#, "{}", #"{"typ":"JWT"}"#,
        ])
    func headers(header: String) {
        #expect(refusal(WebTokenMaker.make(claims, header: header), [secretKey]) == .unsupported)
    }

    @Test(
        "a header that is no strict JSON is malformed",
        arguments: [
            #"{"alg":"HS256","alg":"none"}"#, #"{"alg":"none","\u0061lg":"HS256"}"#, #"{"alg":"HS256"} "x""#,
            #"{"alg":"HS256",}"#, #"["HS256"]"#, #"{"alg":"HS256","kid":1}"#, #"{"alg":"HS256","kid":null}"#,
            "{\"alg\":\"HS256\",\"x\":" + String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
                + "}",
        ])
    func strictness(header: String) {
        #expect(refusal(WebTokenMaker.make(claims, header: header), [secretKey]) == .malformed)
    }

    @Test(
        "types of tokens are read without case and without application/",
        arguments: ["JWT", "jwt", "at+jwt", "application/at+jwt", "application/JWT"])
    func types(type: String) {
        #expect(refusal(WebTokenMaker.make(claims, header: #"{"alg":"HS256","typ":"\#(type)"}"#), [secretKey]) == nil)
    }

    @Test("a key that the token brings itself is not used")
    func ownKey() {
        let own = [UInt8](repeating: 7, count: 32)
        let header =
            #"{"alg":"HS256","jwk":{"kty":"oct","k":"\#(WebTokenMaker.base64URL(own))"},"jku":"http://127.0.0.1:1/"}"#
        #expect(refusal(WebTokenMaker.make(claims, header: header, secret: own), [secretKey]) == .unverified)
        #expect(refusal(WebTokenMaker.make(claims, header: header), [secretKey]) == nil)
    }

    @Test("a named key is used alone; one that is not there leaves those without a name")
    func keyIDs() {
        let first = WebTokenKey(id: "first", .secret([UInt8](repeating: 1, count: 32)))
        let second = WebTokenKey(id: "second", .secret([UInt8](repeating: 2, count: 32)))
        func token(_ kid: String, _ byte: UInt8) -> String {
            WebTokenMaker.make(
                claims, header: #"{"alg":"HS256"\#(kid)}"#, secret: [UInt8](repeating: byte, count: 32))
        }
        #expect(refusal(token(#","kid":"second""#, 2), [first, second]) == nil)
        #expect(refusal(token(#","kid":"first""#, 2), [first, second]) == .unverified)
        #expect(refusal(token(#","kid":"third""#, 2), [first, second]) == .unverified)
        #expect(refusal(token("", 2), [first, second]) == nil)
        let secretToken = WebTokenMaker.make(claims, header: #"{"alg":"HS256","kid":"third"}"#)
        #expect(refusal(secretToken, [first, second, secretKey]) == nil)
    }

    @Test("a token that names no key is not tried with many")
    func trials() {
        let keys = (1...5).map { WebTokenKey(id: "\($0)", .secret([UInt8](repeating: $0, count: 32))) }
        let token = WebTokenMaker.make(claims, secret: [UInt8](repeating: 1, count: 32))
        #expect(refusal(token, keys) == .ambiguous)
        #expect(refusal(token, Array(keys.prefix(4))) == nil)
    }
}
