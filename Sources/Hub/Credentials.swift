package import AgentLink
package import Model
import Reactor
package import Storage

/// Which agents may connect, and as whom.
package struct Credentials: Sendable {
    package enum Verdict {
        /// With this token, where the gateway has any.
        case admitted(TokenName?)
        /// The token is good for one exchange for a token of the agent's own.
        case enrolling(TokenName)
        case refused(AgentRefusal)
    }

    let directory: TokenDirectory

    package init(directory: TokenDirectory) { self.directory = directory }

    /// Without any agent token configured every agent is let in: the gateway then listens on loopback only.
    package func judge(_ hello: AgentHello, at now: WallTime) -> Verdict {
        guard directory.hasAgentTokens || directory.hasClientTokens else { return .admitted(nil) }
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
