package import Model

/// Why a token is not taken. What is said of a token that no key has verified tells nothing about the keys; only the
/// bearer of a genuine one learns what is wrong with it.
package enum WebTokenRefusal: Error, Equatable {
    /// Not three parts of base64url with a header and claims of JSON, or larger than `WebToken.maximumBytes`.
    case malformed
    /// Its header asks for something that is not understood here: an algorithm, a type, `crit`.
    case unsupported
    /// Nobody whose key is known has signed it.
    case unverified
    /// It names no key, and there are too many to try.
    case ambiguous
    /// It is genuine, and its claims are not what they have to be. The text goes on from "the token".
    case claim(String, of: TokenName?)

    /// A sentence for whoever sent it, and for the audit.
    package var reason: String {
        switch self {
        case .malformed: "the token is not valid: it is unknown, or no JSON Web Token"
        case .unsupported: "the token is not of a kind that is taken: HS256, RS256, ES256 or EdDSA, without crit"
        case .unverified: "the token is not valid: no key that is known here has signed it"
        case .ambiguous: "the token names no key (kid), and several could have signed it"
        case .claim(let text, _): "the token \(text)"
        }
    }

    /// The name of a token whose signature is good.
    package var token: TokenName? {
        if case .claim(_, let name) = self { name } else { nil }
    }
}
