package import Model

/// Which SSE stream a request is for.
package enum StreamTarget: Sendable, Equatable {
    case subscription(SubscriptionID)
    case session(SessionID)
}
