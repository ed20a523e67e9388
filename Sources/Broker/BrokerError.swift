package import Model

/// Why a request is refused. `code` and `field` are what clients see.
package enum BrokerError: Error, Equatable {
    /// `field` as in the request body (`agent_id`, `config.interval`), `reason` says what is allowed.
    case invalidField(String, reason: String)
    case notAClientStream(StreamType)
    case resourceRequired(StreamType)
    /// Also for an agent outside the caller's scope: nothing tells that it exists.
    case agentNotFound(AgentID)
    case taskNotFound(String)
    /// Unknown, expired, deleted, or somebody else's.
    case subscriptionNotFound(SubscriptionID)
    case sessionNotFound(SessionID)
    case serverStreamNotFound(ServerStreamID)
    /// The stream has been delivered to its end; a reconnect is answered in the way that stops `EventSource` (204).
    case ended
    case sessionFull(limit: Int)
    /// The caller's token has as many subscriptions as it may.
    case subscriptionLimit(Int)
    /// The gateway has as many as it may.
    case overloaded
    case forbidden
    case conflict(String)

    /// The machine code in an error body.
    package var code: String {
        switch self {
        case .invalidField: "invalid_field"
        case .notAClientStream: "not_a_client_stream"
        case .resourceRequired: "resource_required"
        case .agentNotFound: "agent_not_found"
        case .taskNotFound: "task_not_found"
        case .subscriptionNotFound: "subscription_not_found"
        case .sessionNotFound: "session_not_found"
        case .serverStreamNotFound: "stream_not_found"
        case .ended: "stream_ended"
        case .sessionFull: "session_full"
        case .subscriptionLimit: "rate_limited"
        case .overloaded: "overloaded"
        case .forbidden: "forbidden"
        case .conflict: "conflict"
        }
    }

    /// Where in the request it is wrong, if it is about one field.
    package var field: String? {
        switch self {
        case .invalidField(let field, _): field
        case .notAClientStream: "stream_type"
        case .resourceRequired, .taskNotFound: "resource"
        case .agentNotFound: "agent_id"
        case .sessionFull: "session_id"
        default: nil
        }
    }

    /// A sentence for a person.
    package var message: String {
        switch self {
        case .invalidField(let field, let reason): "\(field): \(reason)"
        case .notAClientStream(let type): "\(type.rawValue) is processed in the gateway and cannot be subscribed to"
        case .resourceRequired(let type): "\(type.rawValue) needs a resource"
        case .agentNotFound(let agent): "there is no agent \(agent)"
        case .taskNotFound(let task): "there is no task \(task)"
        case .subscriptionNotFound: "there is no such subscription, or it has expired"
        case .sessionNotFound: "there is no such session, or it has expired"
        case .serverStreamNotFound(let id): "there is no server stream \(id)"
        case .ended: "the stream has ended"
        case .sessionFull(let limit): "a session holds at most \(limit) subscriptions"
        case .subscriptionLimit(let limit): "this token has its \(limit) subscriptions"
        case .overloaded: "the gateway has as many of these as it can hold"
        case .forbidden: "not allowed"
        case .conflict(let reason): reason
        }
    }
}
