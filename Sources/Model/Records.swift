// What survives a restart of the gateway. The store keeps these values; nothing here knows how.

/// A subscription as it is kept over a restart.
package struct SubscriptionRecord: Sendable, Equatable {
    package var id: SubscriptionID
    package var type: StreamType
    package var agent: AgentSelector
    package var resource: String
    package var config: StreamConfig
    package var session: SessionID?
    package var principal: Principal
    package var createdAt: WallTime

    package init(
        id: SubscriptionID, type: StreamType, agent: AgentSelector, resource: String, config: StreamConfig,
        session: SessionID?, principal: Principal, createdAt: WallTime
    ) {
        self.id = id
        self.type = type
        self.agent = agent
        self.resource = resource
        self.config = config
        self.session = session
        self.principal = principal
        self.createdAt = createdAt
    }
}

/// A session as it is kept over a restart.
package struct SessionRecord: Sendable, Equatable {
    package var id: SessionID
    package var principal: Principal
    package var createdAt: WallTime

    package init(id: SessionID, principal: Principal, createdAt: WallTime) {
        self.id = id
        self.principal = principal
        self.createdAt = createdAt
    }
}

/// A demand of the gateway itself, made through the API; kept over a restart.
package struct ServerDemand: Sendable, Equatable {
    package var id: ServerStreamID
    package var type: StreamType
    package var agent: AgentID
    package var config: StreamConfig
    package var startedAt: WallTime

    package init(id: ServerStreamID, type: StreamType, agent: AgentID, config: StreamConfig, startedAt: WallTime) {
        self.id = id
        self.type = type
        self.agent = agent
        self.config = config
        self.startedAt = startedAt
    }
}

/// What is known of an agent, connected or not.
package struct AgentRecord: Sendable, Equatable {
    package var id: AgentID
    package var hostname: String
    package var version: String
    /// The peer of its last connection.
    package var address: String
    package var labels: [String: String]
    /// Stream types and kinds of task that it offered.
    package var capabilities: [String]
    package var firstSeen: WallTime
    package var lastSeen: WallTime
    /// As received; nil until there was one.
    package var lastMetrics: TimedBlob?
    package var systemInfo: TimedBlob?

    package init(
        id: AgentID, hostname: String, version: String, address: String, labels: [String: String],
        capabilities: [String], firstSeen: WallTime, lastSeen: WallTime
    ) {
        self.id = id
        self.hostname = hostname
        self.version = version
        self.address = address
        self.labels = labels
        self.capabilities = capabilities
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }
}

/// Bytes that only their writer understands, and when they came.
package struct TimedBlob: Sendable, Equatable {
    package var time: WallTime
    package var bytes: [UInt8]

    package init(time: WallTime, bytes: [UInt8]) {
        self.time = time
        self.bytes = bytes
    }
}

/// What a token is for. The first three are people and programs that call the API.
package enum TokenRole: String, Sendable, CaseIterable {
    case viewer, `operator`, admin
    /// One agent's connection.
    case agent
    /// Good for one exchange for an agent token.
    case enrol

    /// Nil for tokens that only agents may carry.
    package var clientRole: Role? { Role(rawValue: rawValue) }
}

/// A token without its secret.
package struct TokenRecord: Sendable, Equatable {
    package var name: TokenName
    package var role: TokenRole
    /// SHA-256 of the secret, 32 bytes.
    package var digest: [UInt8]
    /// Client tokens: what may be seen. Agent tokens: the ids that may connect, and the labels they are given.
    package var scope: AgentScope
    package var created: WallTime
    package var expires: WallTime?
    package var revoked: WallTime?
    /// Within a minute; for an enrolment token, when it was exchanged.
    package var lastUsed: WallTime?

    package init(
        name: TokenName, role: TokenRole, digest: [UInt8], scope: AgentScope = .all, created: WallTime,
        expires: WallTime? = nil
    ) {
        self.name = name
        self.role = role
        self.digest = digest
        self.scope = scope
        self.created = created
        self.expires = expires
    }

    package func isValid(at now: WallTime) -> Bool {
        revoked == nil && expires.map { now < $0 } ?? true && !(role == .enrol && lastUsed != nil)
    }

    /// Nil for tokens that only agents may carry.
    package var principal: Principal? {
        role.clientRole.map { Principal(token: name, role: $0, scope: scope, expires: expires) }
    }
}

/// One line of the audit log. Never holds a secret.
package struct AuditRecord: Sendable, Equatable {
    package var time: WallTime
    /// Token name or agent id; empty where nobody was recognised.
    package var actor: String
    /// `POST /tasks/shell`, `agent hello`, `token revoke`.
    package var action: String
    /// What it was done to, such as a task id or a command; may be empty.
    package var subject: String
    /// Address of the peer.
    package var peer: String
    /// `ok`, `unauthenticated`, `forbidden`, `not_allowed_by_agent`.
    package var outcome: String

    package init(time: WallTime, actor: String, action: String, subject: String, peer: String, outcome: String) {
        self.time = time
        self.actor = actor
        self.action = action
        self.subject = subject
        self.peer = peer
        self.outcome = outcome
    }
}
