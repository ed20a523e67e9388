package import AgentLink
package import Model
import Reactor
import Service
package import Storage
package import WebTokens

/// Who may call, which agents may connect, and as whom.
package struct Credentials: Sendable {
    package enum Verdict {
        /// With this token, where the gateway has any.
        case admitted(TokenName?)
        /// The token is good for one exchange for a token of the agent's own.
        case enrolling(TokenName)
        case refused(AgentRefusal)
    }

    let directory: TokenDirectory
    /// Nil where no key for JSON Web Tokens is configured.
    private let webTokens: WebTokenVerifier?

    package init(directory: TokenDirectory, webTokens: WebTokenVerifier?) {
        self.directory = directory
        self.webTokens = webTokens
    }

    /// Whether anybody needs a token. If not, the gateway listens on loopback only.
    package var areAsked: Bool { directory.hasClientTokens || directory.hasAgentTokens || webTokens != nil }

    /// Who calls with this token: one of the directory, or a JSON Web Token.
    func principal(bearing token: String, at now: WallTime) throws(TokenRefusal) -> Principal {
        if let principal = directory.token(bearing: token, at: now)?.principal { return principal }
        guard let webTokens, WebToken.isLikely(token) else { throw .unknown }
        do {
            return try webTokens.principal(bearing: token, at: now)
        } catch {
            throw TokenRefusal(reason: error.reason, token: error.token)
        }
    }

    /// Without any token configured every agent is let in.
    package func judge(_ hello: AgentHello, at now: WallTime) -> Verdict {
        guard areAsked else { return .admitted(nil) }
        guard let secret = hello.token, let token = directory.token(bearing: secret, at: now) else {
            return .refused(.badCredentials)
        }
        switch token.role {
        case .agent:
            // A token without a list of ids is for any.
            guard token.scope.agents.isEmpty || token.scope.agents.contains(hello.agent.text) else {
                return .refused(.idNotAllowed(hello.agent))
            }
            return .admitted(token.name)
        case .enrol:
            guard token.scope.agents.isEmpty || token.scope.agents.contains(hello.agent.text) else {
                return .refused(.idNotAllowed(hello.agent))
            }
            return .enrolling(token.name)
        case .viewer, .operator, .admin: return .refused(.badCredentials)
        }
    }

    /// Exchanges an enrolment token, which is spent once `complete` is called.
    /// - Returns: the agent's own token, and its secret, which nobody else learns.
    package func exchange(
        _ enrolment: TokenName, for agent: AgentID, at now: WallTime
    ) async throws -> (name: TokenName, secret: String) {
        let secret = TokenSecret.make()
        let token = TokenRecord(
            name: TokenName("agent-\(agent.text)"), role: .agent, digest: Secrets.sha256(secret.utf8),
            scope: AgentScope(agents: [agent.text]), created: now)
        try await directory.exchange(enrolment, for: token, at: now)
        return (token.name, secret)
    }
    /// Whether an agent's token waits for `complete`.
    package func isEnrolling(_ token: TokenName) -> Bool { directory.isEnrolling(token) }

    /// The agent has been heard after it got its token, so it has kept that.
    package func complete(_ token: TokenName, at now: WallTime) async throws {
        try await directory.completeEnrolment(of: token, at: now)
    }
}
