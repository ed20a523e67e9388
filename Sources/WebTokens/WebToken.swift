import JSON

/// A token taken apart (RFC 7515, compact serialization), and not believed yet.
package struct WebToken {
    /// Longer ones are refused before anything is done with them.
    package static let maximumBytes = 8_192

    let algorithm: WebTokenAlgorithm
    let keyID: String?
    /// Header and payload as they came, which is what was signed.
    private let signed: [UInt8]
    private let signature: [UInt8]
    private let payload: [UInt8]

    package init(_ text: String) throws(WebTokenRefusal) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumBytes else { throw .malformed }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        self.payload = payload
        self.signature = signature
        signed = Array(bytes[..<parts[1].endIndex])
        (algorithm, keyID) = try Self.read(header)
    }

    /// Whether this looks like one, to choose the sentence for a token that is not known.
    package static func isLikely(_ text: String) -> Bool { text.utf8.count { $0 == UInt8(ascii: ".") } == 2 }

    /// What was signed, once a key has verified it.
    package func verified(by keys: WebTokenKeys) throws(WebTokenRefusal) -> [UInt8] {
        let candidates = try keys.candidates(algorithm, id: keyID)
        guard candidates.contains(where: { $0.verifies(signed, signature: signature) }) else { throw .unverified }
        return payload
    }

    /// Reads what chooses the key. Names and addresses of keys that the token brings itself (`jwk`, `jku`, `x5c`, `x5u`)
    /// are not looked at.
    private static func read(_ header: [UInt8]) throws(WebTokenRefusal) -> (WebTokenAlgorithm, String?) {
        guard let header = try? JSONParser.parse(header).object else { throw .malformed }
        guard header["crit"] == nil, isType(header["typ"]), let name = header["alg"]?.string,
            let algorithm = WebTokenAlgorithm(rawValue: name)
        else { throw .unsupported }
        guard let keyID = header["kid"] else { return (algorithm, nil) }
        guard let text = keyID.string else { throw .malformed }
        return (algorithm, text)
    }

    /// Tokens that say that they are for something else, such as a logout, are not for this (RFC 8725, section 3.11).
    private static func isType(_ value: JSONValue?) -> Bool {
        guard let value else { return true }
        guard var type = value.string?.lowercased() else { return false }
        if type.hasPrefix("application/") { type.removeFirst("application/".count) }
        return type == "jwt" || type == "at+jwt"
    }
}
