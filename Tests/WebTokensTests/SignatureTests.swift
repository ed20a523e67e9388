import Testing
import WebTokens

@Suite("Signatures of JSON Web Tokens")
struct SignatureTests {
    private func verify(_ token: String, _ keys: String...) throws -> String {
        let keys = try keys.flatMap { try WebKeySet.parse(Vectors.set($0)) }
        return String(decoding: try WebToken(token).verified(by: WebTokenKeys(keys)), as: UTF8.self)
    }

    @Test(
        "those of RFC 7515 and RFC 8037 are good",
        arguments: [
            (Vectors.rfcHS256, Vectors.rfcSecret), (Vectors.rfcRS256, Vectors.rfcRSA),
            (Vectors.rfcES256, Vectors.rfcP256), (Vectors.rfcEdDSA, Vectors.rfcEd25519),
        ])
    func vectors(token: String, key: String) throws {
        let payload = try verify(token, key)
        #expect(payload.contains("joe") || payload == "Example of Ed25519 signing")
        // What else is known does not matter.
        #expect(try verify(token, Vectors.rfcSecret, Vectors.rfcRSA, Vectors.rfcP256, Vectors.rfcEd25519) == payload)
    }

    @Test(
        "those of OpenSSL are good, by the key that the token names",
        arguments: [
            (Vectors.edDSA, Vectors.ed25519), (Vectors.es256, Vectors.p256), (Vectors.rs256, Vectors.rsa),
        ])
    func openSSL(token: String, key: String) throws {
        #expect(try verify(token, Vectors.rfcEd25519, Vectors.rfcP256, Vectors.rfcRSA, key).contains("build-7"))
    }

    @Test(
        "no bit of header, payload or signature can be changed",
        arguments: [
            (Vectors.rfcHS256, Vectors.rfcSecret), (Vectors.rs256, Vectors.rsa), (Vectors.es256, Vectors.p256),
            (Vectors.edDSA, Vectors.ed25519),
        ])
    func tampered(token: String, key: String) throws {
        let bytes = Array(token.utf8)
        for index in stride(from: 0, to: bytes.count, by: 3) where bytes[index] != UInt8(ascii: ".") {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: WebTokenRefusal.self) { try verify(String(decoding: changed, as: UTF8.self), key) }
        }
    }

    @Test(
        "keys of others do not verify it, of whatever kind",
        arguments: [Vectors.rfcHS256, Vectors.rfcRS256, Vectors.rfcES256, Vectors.rfcEdDSA])
    func others(token: String) throws {
        #expect(throws: WebTokenRefusal.unverified) {
            try verify(token, Vectors.ed25519, Vectors.p256, Vectors.rsa)
        }
    }

    @Test(
        "a signature of ES256 is two numbers of 32 bytes, no DER and no more or fewer", arguments: [0, 1, 63, 65, 70])
    func lengths(count: Int) throws {
        let head = Vectors.es256.split(separator: ".")[..<2].joined(separator: ".")
        // 0x30 begins a DER sequence; 'MAAA...' decodes to it.
        for first in ["M", "A"] {
            let characters = (count * 8 + 5) / 6
            let signature = characters == 0 ? "" : first + String(repeating: "A", count: characters - 1)
            #expect(throws: WebTokenRefusal.unverified) { try verify(head + "." + signature, Vectors.p256) }
        }
    }

    @Test("numbers of ES256 that are 0 or beyond the order of the curve are no signature")
    func range() throws {
        let head = Vectors.es256.split(separator: ".")[..<2].joined(separator: ".")
        for byte in ["A", "_"] {
            let signature = String(repeating: byte, count: 85) + (byte == "A" ? "A" : "w")
            #expect(throws: WebTokenRefusal.unverified) { try verify("\(head).\(signature)", Vectors.p256) }
        }
    }
}
