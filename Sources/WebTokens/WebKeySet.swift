import JSON
import Reactor

/// What is wrong with a file of keys; half a sentence that goes on from "expected".
package struct WebKeyError: Error, Equatable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// Reads a JSON Web Key Set (RFC 7517). Keys for something else (encryption, other algorithms and curves) are left out,
/// as providers list them side by side; keys that are meant for this and broken are errors, as are private keys.
package enum WebKeySet {
    /// Of the file.
    package static let maximumBytes = 262_144
    package static let maximumKeys = 64

    package static func parse(_ bytes: [UInt8]) throws(WebKeyError) -> [WebTokenKey] {
        guard bytes.count <= maximumBytes else { throw WebKeyError("at most \(maximumBytes) bytes of keys") }
        let set: JSONValue
        do { set = try JSONParser.parse(bytes) } catch { throw WebKeyError("a JSON Web Key Set: \(error)") }
        guard let members = set["keys"]?.array else {
            throw WebKeyError("a JSON Web Key Set: {\"keys\":[...]}")
        }
        guard members.count <= maximumKeys else { throw WebKeyError("at most \(maximumKeys) keys") }
        var keys: [WebTokenKey] = []
        for (index, member) in members.enumerated() {
            guard let object = member.object else { throw WebKeyError("objects as keys; number \(index + 1) is none") }
            do {
                if let key = try key(WebKeyMembers(object)) { keys.append(key) }
            } catch {
                throw WebKeyError("keys that can be used; number \(index + 1) \(error)")
            }
        }
        guard !keys.isEmpty else {
            throw WebKeyError("at least one key for HS256, RS256, ES256 or EdDSA with Ed25519")
        }
        return keys
    }

    /// Nil when it is for something else.
    private static func key(_ members: WebKeyMembers) throws(WebKeyError) -> WebTokenKey? {
        guard members.isForVerifying else { return nil }
        guard let material = try material(members) else { return nil }
        let key = WebTokenKey(id: try members.id, material)
        if let algorithm = members["alg"], algorithm != key.algorithm.rawValue { return nil }
        return key
    }

    private static func material(_ members: WebKeyMembers) throws(WebKeyError) -> WebTokenKey.Material? {
        switch (members["kty"], members["crv"]) {
        case ("oct", _):
            // A secret for another algorithm may be shorter.
            if let algorithm = members["alg"], algorithm != WebTokenAlgorithm.hs256.rawValue { return nil }
            let secret = try members.bytes("k")
            guard WebTokenKey.secretBytes.contains(secret.count) else {
                throw WebKeyError("has a secret of fewer than 32 or more than 4096 bytes")
            }
            return .secret(secret)
        case ("RSA", _):
            if let algorithm = members["alg"], algorithm != WebTokenAlgorithm.rs256.rawValue { return nil }
            return .rsa(try rsa(members))
        case ("EC", "P-256"):
            try members.refusePrivate()
            guard let key = PublicKey.p256(x: try members.bytes("x"), y: try members.bytes("y")) else {
                throw WebKeyError("is no point on P-256")
            }
            return .p256(key)
        case ("OKP", "Ed25519"):
            try members.refusePrivate()
            guard let key = PublicKey.ed25519(try members.bytes("x")) else {
                throw WebKeyError("is no key of Ed25519, which has 32 bytes")
            }
            return .ed25519(key)
        default: return nil
        }
    }

    private static func rsa(_ members: WebKeyMembers) throws(WebKeyError) -> PublicKey {
        try members.refusePrivate()
        guard let key = PublicKey.rsa(modulus: try members.bytes("n"), exponent: try members.bytes("e")) else {
            let bits = PublicKey.rsaBits
            throw WebKeyError("is no RSA key of \(bits.lowerBound) to \(bits.upperBound) bits")
        }
        return key
    }
}

/// The members of one JSON Web Key.
private struct WebKeyMembers {
    private let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    subscript(name: String) -> String? { object[name]?.string }

    /// RFC 7517, sections 4.2 and 4.3.
    var isForVerifying: Bool {
        if let use = object["use"], use != .string("sig") { return false }
        guard let operations = object["key_ops"] else { return true }
        return operations.array?.contains(.string("verify")) ?? false
    }

    var id: String? {
        get throws(WebKeyError) {
            guard let value = object["kid"] else { return nil }
            guard let text = value.string else { throw WebKeyError("has a kid that is no text") }
            return text
        }
    }

    func bytes(_ name: String) throws(WebKeyError) -> [UInt8] {
        guard let text = self[name], let bytes = Base64URL.decode(text.utf8) else {
            throw WebKeyError("has no \(name) in base64url")
        }
        return bytes
    }

    /// Whoever reads the file could sign with it, and the gateway has no use for it.
    func refusePrivate() throws(WebKeyError) {
        if object["d"] != nil { throw WebKeyError("is private; give the public half only (without d)") }
    }
}
