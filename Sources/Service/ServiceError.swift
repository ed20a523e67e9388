package import Model

/// Why the gateway refuses what was asked for. `APIError.init(_:)` says how each looks over HTTP.
package enum ServiceError: Error, Hashable, Sendable {
    package enum Kind: String, Sendable {
        case agent, subscription, session, task, container, stream, alert, silence, deployment
    }

    /// No such thing, or it lies outside of the caller's scope: the caller cannot tell which.
    case notFound(Kind, id: String)
    /// The type serves the gateway itself and has no client side.
    case notAClientStream(StreamType)
    /// The type needs a `resource`.
    case resourceRequired(StreamType)
    /// The resource leaves open which agent it is on, and so does the request.
    case agentRequired
    /// `"*"` with a type that is about one agent.
    case everyAgentNotAllowed(StreamType)
    /// The value of a field is wrong in a way that only the gateway can know.
    case invalidField(String, reason: String)
    /// The session has as many subscriptions as it may have.
    case sessionFull(limit: Int)
    /// It has come to its end already.
    case taskFinished(TaskID, TaskStatus)
    /// The agent was started without `--allow` for this kind of task.
    case notAllowedByAgent(AgentID, TaskOperation)
    /// It clashes with how things are; the reason is a sentence for a person.
    case conflict(reason: String)
    /// The caller may not do this to that thing, which he may see.
    case forbidden(reason: String)
    /// The agent is not connected, and the operation makes no sense later.
    case agentOffline(AgentID)
    /// The container engine of an agent does not answer.
    case engineUnavailable(reason: String)
    /// A limit on how many or how fast.
    case rateLimited(reason: String, retryAfterSeconds: Int)
    /// The gateway as a whole has more to do than it can.
    case overloaded(retryAfterSeconds: Int)
    case draining
    /// What is kept on disk cannot be read or written at the moment.
    case storeUnavailable(reason: String)
}
