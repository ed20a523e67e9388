package import Model

/// Knows the tokens.
package protocol TokenVerifier: Sendable {
    /// False where no token is configured: then everybody is `Principal.anonymousAdmin`. Read for every request, so it
    /// does not suspend.
    var hasTokens: Bool { get }

    /// Who carries this token.
    /// - Throws: when it is unknown, revoked or expired, or is an agent's.
    func principal(bearing token: String) async throws(TokenRefusal) -> Principal
}

/// Why a token is not taken.
package struct TokenRefusal: Error, Equatable {
    /// A sentence for whoever sent it; tells nothing that would help to make one that is taken.
    package var reason: String
    /// The token's name, where it is certain: for the audit.
    package var token: TokenName?

    package init(reason: String, token: TokenName? = nil) {
        self.reason = reason
        self.token = token
    }

    package static let unknown = TokenRefusal(reason: "the token is not valid: it is unknown, revoked or expired")
}

/// Takes down who was refused what.
package protocol AuditLog: Sendable {
    /// Returns at once; an entry that cannot be kept is counted, not waited for.
    func record(_ entry: AuditEntry)
}

/// A refused attempt. The token itself is never part of it.
package struct AuditEntry: Sendable, Equatable {
    package enum Outcome: String, Sendable {
        /// 401: no token, or none that is known.
        case unauthenticated
        /// 403: the role is too low, or the agent refuses.
        case forbidden
    }

    package var outcome: Outcome
    /// Name of the token, where it is known.
    package var token: TokenName?
    /// IP address and port of the caller.
    package var peer: String
    /// Method and route: `POST /tasks/shell`.
    package var action: String
    /// What the caller was told.
    package var reason: String

    package init(outcome: Outcome, token: TokenName?, peer: String, action: String, reason: String) {
        self.outcome = outcome
        self.token = token
        self.peer = peer
        self.action = action
        self.reason = reason
    }
}
