import Model
package import Service

extension APIError {
    /// How what the gateway refuses looks over HTTP. The only place that says so.
    package init(_ error: ServiceError) {
        switch error {
        case .notFound(let kind, let id): self = .notFound(kind, id)
        case .notAClientStream(let type): self = .notAClientStream(type)
        case .resourceRequired(let type):
            self.init(.resourceRequired, "\(type.rawValue) needs a resource", field: "resource")
        case .agentRequired:
            self = .invalid("agent_id", "agent_id is required: the resource does not tell which agent it is on")
        case .everyAgentNotAllowed(let type):
            self = .invalid("agent_id", "agent_id must name one agent: \(type.rawValue) does not exist for \"*\"")
        case .invalidField(let field, let reason): self = .invalid(field, "\(field) \(reason)")
        case .sessionFull(let limit):
            self.init(.sessionFull, "the session has \(limit) subscriptions, which is all that it may have")
        case .taskFinished(let id, let status):
            self.init(.taskFinished, "task \(id) has ended already: \(status.rawValue)")
        case .notAllowedByAgent(let agent, let operation):
            self.init(
                .notAllowedByAgent, "agent \(agent) was not started with --allow for \(operation.rawValue) tasks")
        case .conflict(let reason): self.init(.conflict, reason)
        case .forbidden(let reason): self.init(.forbidden, reason)
        case .agentOffline(let agent): self.init(.agentOffline, "agent \(agent) is not connected")
        case .engineUnavailable(let reason): self.init(.engineUnavailable, reason)
        case .rateLimited(let reason, let seconds):
            self.init(.rateLimited, reason, retryAfterSeconds: seconds)
        case .overloaded(let seconds):
            self = .overloaded
            retryAfterSeconds = seconds
        case .draining: self = .draining
        case .storeUnavailable(let reason):
            self.init(.storeUnavailable, "the store is not available: \(reason)", retryAfterSeconds: 5)
        }
    }

    static let draining = APIError(.draining, "the gateway is shutting down", retryAfterSeconds: 5)
    static let overloaded = APIError(
        .overloaded, "the gateway has as much to do as it can", retryAfterSeconds: 5)
    static let starting = APIError(.starting, "the gateway is starting", retryAfterSeconds: 1)

    static func notAClientStream(_ type: StreamType) -> APIError {
        APIError(
            .notAClientStream, "\(type.rawValue) serves the gateway itself and cannot be subscribed to",
            field: "stream_type")
    }

    private static func notFound(_ kind: ServiceError.Kind, _ id: String) -> APIError {
        let code: Code =
            switch kind {
            case .agent: .agentNotFound
            case .subscription: .subscriptionNotFound
            case .session: .sessionNotFound
            case .task: .taskNotFound
            case .container: .containerNotFound
            case .stream: .streamNotFound
            case .alert: .alertNotFound
            case .silence: .silenceNotFound
            case .deployment: .deploymentNotFound
            }
        return APIError(code, "there is no \(kind.rawValue) \(id)")
    }
}
