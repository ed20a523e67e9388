import JSON
import Model

/// What a token has to say beyond being genuine.
package struct WebTokenRules: Sendable, Equatable {
    /// `iss` has to be this; nil: it is not looked at.
    package var issuer: String?
    /// `aud` has to be or contain this; nil: it is not looked at.
    package var audience: String?

    package init(issuer: String? = nil, audience: String? = nil) {
        self.issuer = issuer
        self.audience = audience
    }
}

/// The claims of a token whose signature is good (RFC 7519), with those of Sluice: `role`, `agents`, `labels`.
struct WebTokenClaims {
    private let claims: JSONObject
    /// From `sub`: `jwt/` and its bytes, `%XX` for those that are no visible ASCII. Names of other tokens have no `/`,
    /// and different subjects have different names. Without `sub` each token is somebody of its own: `jwt/%-` and the
    /// beginning of its digest.
    private let name: TokenName

    /// Clocks that differ by so much are no reason to refuse `nbf` and `iat`. Nothing is added to `exp`: streams end then.
    private static let leeway: Milliseconds = 60_000
    /// The latest end that is kept, from now; as with other tokens, a hundred years.
    private static let longestLife: Milliseconds = 36_500 * 86_400_000
    /// OpenID Connect Core, section 2.
    private static let maximumSubjectBytes = 255

    /// - Parameter digest: SHA-256 of the token.
    init(_ payload: [UInt8], digest: [UInt8]) throws(WebTokenRefusal) {
        guard let claims = try? JSONParser.parse(payload).object else { throw .malformed }
        self.claims = claims
        guard let claim = claims["sub"] else {
            name = TokenName("jwt/%-" + Self.hex(digest.prefix(16)))
            return
        }
        guard let subject = claim.string, (1...Self.maximumSubjectBytes).contains(subject.utf8.count) else {
            throw .claim("has a subject (sub) that is no text of 1 to \(Self.maximumSubjectBytes) bytes", of: nil)
        }
        name = TokenName("jwt/" + Self.visible(subject))
    }

    /// Who bears the token.
    func principal(_ rules: WebTokenRules, at now: WallTime) throws(WebTokenRefusal) -> Principal {
        let end = try checkTimes(now)
        try checkParties(rules)
        guard let role = claims["role"]?.string.flatMap(Role.init) else {
            throw refusal("has no role that is known here (role: viewer, operator or admin)")
        }
        return Principal(
            token: name, role: role, scope: AgentScope(agents: try agents(), labels: try labels()), expires: end)
    }

    // MARK: - Times

    private func checkTimes(_ now: WallTime) throws(WebTokenRefusal) -> WallTime {
        guard let end = try time("exp") else { throw refusal("does not say when it expires (exp)") }
        guard now < end else { throw refusal("has expired: get a new one") }
        for claim in ["nbf", "iat"] {
            guard let start = try time(claim), now + Self.leeway < start else { continue }
            throw refusal("is not valid yet (\(claim)): one of the two clocks is wrong, if it is meant to be")
        }
        return min(end, now + Self.longestLife)
    }

    /// Seconds since 1970, which may have a fraction.
    private func time(_ claim: String) throws(WebTokenRefusal) -> WallTime? {
        guard let value = claims[claim] else { return nil }
        // Until the year 9999, far from where the multiplication would overflow.
        guard let seconds = value.double, (0...253_402_300_799).contains(seconds) else {
            throw refusal("has a claim \(claim) that is no time in seconds since 1970")
        }
        return WallTime(millisecondsSince1970: Int64(seconds * 1_000))
    }

    // MARK: - Parties

    private func checkParties(_ rules: WebTokenRules) throws(WebTokenRefusal) {
        if let issuer = rules.issuer, claims["iss"]?.string != issuer {
            throw refusal("is not from the issuer whose tokens are taken here (iss)")
        }
        if let audience = rules.audience, !isFor(audience) { throw refusal("is not for this gateway (aud)") }
    }

    private func isFor(_ audience: String) -> Bool {
        switch claims["aud"] {
        case .string(let text): text == audience
        case .array(let texts): texts.contains(.string(audience))
        default: false
        }
    }

    // MARK: - Scope

    // An empty list would be a scope without bounds, which is hardly what its maker meant.

    private func agents() throws(WebTokenRefusal) -> [String] {
        guard let value = claims["agents"] else { return [] }
        let ids = value.array?.compactMap(\.string) ?? []
        guard !ids.isEmpty, ids.count == value.array?.count, ids.allSatisfy({ IdentifierRules.isValid($0) }) else {
            throw refusal("has a claim agents that is no list of ids of agents; without it, the token is for all")
        }
        return Set(ids).sorted()
    }

    private func labels() throws(WebTokenRefusal) -> [String: String] {
        guard let value = claims["labels"] else { return [:] }
        var labels: [String: String] = [:]
        for member in value.object?.members ?? [] { labels[member.name] = member.value.string }
        guard !labels.isEmpty, labels.count == value.object?.members.count else {
            throw refusal("has a claim labels that is no object of texts; without it, the token is for all")
        }
        return labels
    }

    // MARK: - Parts

    private func refusal(_ text: String) -> WebTokenRefusal { .claim(text, of: name) }

    private static func visible(_ text: String) -> String {
        var visible: [UInt8] = []
        for byte in text.utf8 {
            if byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "%") {
                visible.append(byte)
            } else {
                visible += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: visible, as: UTF8.self)
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { [hexDigits[Int($0 >> 4)], hexDigits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)
}
