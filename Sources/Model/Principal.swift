package enum Role: String, Comparable, Sendable, CaseIterable {
    case viewer, `operator`, admin

    private var rank: Int { self == .viewer ? 0 : self == .operator ? 1 : 2 }
    package static func < (a: Role, b: Role) -> Bool { a.rank < b.rank }
}

/// Which agents a token may see: any of these ids, or any agent that carries one of these labels. Both empty: all.
package struct AgentScope: Hashable, Sendable {
    package var agents: [String]
    package var labels: [String: String]
    package init(agents: [String] = [], labels: [String: String] = [:]) {
        self.agents = agents
        self.labels = labels
    }
    package static let all = AgentScope()
    package var isUnrestricted: Bool { agents.isEmpty && labels.isEmpty }

    package func allows(_ agent: AgentID, labels agentLabels: [String: String]) -> Bool {
        isUnrestricted || agents.contains(agent.text) || labels.contains { agentLabels[$0.key] == $0.value }
    }
}

/// Who is calling.
package struct Principal: Hashable, Sendable {
    /// Token name; nil where the gateway runs without tokens.
    package var token: TokenName?
    package var role: Role
    package var scope: AgentScope
    /// When the token ends, and with it the streams it made.
    package var expires: WallTime?

    package init(token: TokenName?, role: Role, scope: AgentScope, expires: WallTime?) {
        self.token = token
        self.role = role
        self.scope = scope
        self.expires = expires
    }
    /// Everybody, on a gateway that has no tokens and therefore listens on loopback only.
    package static let anonymousAdmin = Principal(token: nil, role: .admin, scope: .all, expires: nil)
}
