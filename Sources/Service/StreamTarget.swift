package import Model

/// Which SSE stream a request is for.
package enum StreamTarget: Sendable, Equatable {
    case subscription(SubscriptionID)
    case session(SessionID)
    /// A subscription that is made for this connection, on behalf of this caller, and goes with it.
    case ownSubscription(NewSubscription, Principal)
    /// Frames with the time, which show whether something in between holds them back.
    case selfTest
}
