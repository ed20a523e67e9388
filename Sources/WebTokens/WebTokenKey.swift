package import Reactor

/// How tokens may be signed (RFC 7518, RFC 8037). There is no "none" among them.
package enum WebTokenAlgorithm: String, Sendable {
    case hs256 = "HS256"
    case rs256 = "RS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
}

/// One key. It knows what it is good for: a token's header can only choose among keys, never what is done with one.
package struct WebTokenKey: Sendable {
    package enum Material: Sendable {
        /// Of HS256: whoever knows it can also sign.
        case secret([UInt8])
        case rsa(PublicKey)
        case p256(PublicKey)
        case ed25519(PublicKey)
    }

    /// `kid`; nil where the key has none.
    package let id: String?
    private let material: Material

    package init(id: String?, _ material: Material) {
        self.id = id
        self.material = material
    }

    /// RFC 7518, section 3.2: a secret is at least as long as the digest.
    package static let secretBytes = 32...4_096

    package var algorithm: WebTokenAlgorithm {
        switch material {
        case .secret: .hs256
        case .rsa: .rs256
        case .p256: .es256
        case .ed25519: .edDSA
        }
    }

    func verifies(_ message: [UInt8], signature: [UInt8]) -> Bool {
        switch material {
        case .secret(let secret): Secrets.areEqual(Secrets.hmacSHA256(key: secret, message), signature)
        case .rsa(let key), .p256(let key), .ed25519(let key): key.verifies(message, signature: signature)
        }
    }
}

/// The keys that tokens may be signed with.
package struct WebTokenKeys: Sendable {
    package let keys: [WebTokenKey]

    package init(_ keys: [WebTokenKey]) { self.keys = keys }

    /// So many are tried for a token that names none: each costs time, before it is known who asks.
    static let maximumTrials = 4

    /// Those that may have signed a token: of its algorithm, and those that it names, or keys without a name. A token
    /// without `kid` may be from any.
    func candidates(_ algorithm: WebTokenAlgorithm, id: String?) throws(WebTokenRefusal) -> [WebTokenKey] {
        let fitting = keys.filter { $0.algorithm == algorithm }
        let named = fitting.filter { $0.id == id }
        if id != nil, !named.isEmpty { return named }
        let candidates = id == nil ? fitting : fitting.filter { $0.id == nil }
        guard candidates.count <= Self.maximumTrials else { throw .ambiguous }
        return candidates
    }
}
