import TestSupport
import Testing
import WebTokens

@Suite("JSON Web Key Sets")
struct KeySetTests {
    private func secret(_ count: Int) -> String {
        #"{"kty":"oct","k":"\#(WebTokenMaker.base64URL([UInt8](repeating: 9, count: count)))"}"#
    }

    private func error(_ keys: String...) -> String? {
        do {
            _ = try WebKeySet.parse(Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8))
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a key says by its type what it is good for")
    func algorithms() throws {
        let keys = try WebKeySet.parse(
            Vectors.set(Vectors.rsa, Vectors.p256, Vectors.ed25519, Vectors.rfcSecret))
        #expect(keys.map(\.algorithm) == [.rs256, .es256, .edDSA, .hs256])
        #expect(keys.map(\.id) == ["rsa1", "ec1", "ed1", nil])
    }

    @Test("keys for something else, which providers list beside, are left out")
    func others() throws {
        func with(_ member: String, _ key: String) -> String { "{\(member)," + key.dropFirst() }
        let keys = try WebKeySet.parse(
            Vectors.set(
                Vectors.p384, with(#""use":"enc""#, Vectors.rsa), with(#""alg":"RSA-OAEP""#, Vectors.rsa),
                with(#""alg":"PS256""#, Vectors.rsa), with(#""alg":"RS256""#, Vectors.p256),
                with(#""key_ops":["sign"]"#, Vectors.p256), #"{"kty":"OKP","crv":"X25519","x":"AA"}"#,
                #"{"kty":"oct","alg":"HS512","k":"AA"}"#, #"{"kty":"new"}"#, "{}",
                with(#""use":"sig","alg":"EdDSA","key_ops":["verify"]"#, Vectors.ed25519)))
        #expect(keys.map(\.algorithm) == [.edDSA])
        #expect(error(Vectors.p384)?.contains("at least one key") == true)
        #expect(error()?.contains("at least one key") == true)
    }

    @Test(
        "keys that are broken are named",
        arguments: [
            #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA","e":"AQAB"}"#, Vectors.rsa1024,
            Vectors.rsa.split(separator: "\"e\"")[0] + #""e":"AA"}"#,
            Vectors.rsa.split(separator: "\"e\"")[0] + #""e":"AQ"}"#,
            #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, #"{"kty":"EC","crv":"P-256","x":"?","y":"AA"}"#,
            #"{"kty":"EC","crv":"P-256","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","x":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, #"{"kty":"OKP","crv":"Ed25519"}"#,
            #"{"kty":"oct","k":"c2hvcnQ"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"AAAA","kid":1}"#, "7",
        ])
    func broken(key: String) { #expect(error(Vectors.ed25519, key)?.contains("number 2") == true) }

    @Test("secrets have 32 to 4096 bytes")
    func secrets() {
        #expect(error(secret(31)) != nil)
        #expect(error(secret(32)) == nil)
        #expect(error(secret(4_096)) == nil)
        #expect(error(secret(4_097)) != nil)
    }

    @Test(
        "private keys are refused, and not repeated in the error",
        arguments: [Vectors.rsa, Vectors.p256, Vectors.ed25519])
    func privateKeys(key: String) throws {
        let text = try #require(error(key.dropLast() + #","d":"c2VjcmV0"}"#))
        #expect(text.contains("private"))
        #expect(!text.contains("c2VjcmV0"))
    }

    @Test(
        "what is no set is refused with what one looks like",
        arguments: ["", "{}", "[]", "{\"keys\":{}}", "{\"keys\":[],\"keys\":[]}", "-----BEGIN PUBLIC KEY-----"])
    func shape(text: String) {
        #expect {
            _ = try WebKeySet.parse(Array(text.utf8))
        } throws: {
            "\($0)".contains("JSON Web Key Set") || "\($0)".contains("at least one")
        }
    }

    @Test("a set has at most 64 keys and 256 KiB")
    func bounds() throws {
        let keys = Array(repeating: Vectors.ed25519, count: 64).joined(separator: ",")
        #expect(try WebKeySet.parse(Vectors.set(keys)).count == 64)
        #expect(error(keys, Vectors.ed25519)?.contains("64") == true)
        let space = [UInt8](repeating: 0x20, count: 262_145)
        #expect(throws: WebKeyError.self) { try WebKeySet.parse(Vectors.set(Vectors.ed25519) + space) }
    }
}
