package import Model

/// What the owner of the broker has to do, in this order.
package enum BrokerAction: Sendable, Equatable {
    /// Tell a connected agent everything that it should run.
    case sendDesired(AgentID, DesiredState)
    /// Let a connection read a view.
    case attach(Attachment)
    /// A session's connection goes on without one of its subscriptions: `stream_end` for that one.
    case detach(Detachment)
    /// A session's connection gets the events of a view from now on: what brought them until now has gone.
    case join(Joining)
    /// A session's connection gets the events of a view from another one from now on.
    case leave(ConnectionID, TopicID)
    /// `stream_end` with this reason, then close. The broker has already forgotten the connection.
    case endConnection(ConnectionID, EndReason)
    /// `stream_status` for one subscription.
    case status(ConnectionID, SubscriptionID, StreamState)
    /// Someone reads the view for the first time; it comes before the `attach`.
    case viewOpened(ViewDescription)
    /// Nobody reads it any more and nobody can come back to it.
    case viewClosed(TopicID)
    case streamStarted(StreamKey)
    case streamStopped(StreamKey)
    case persist(SubscriptionRecord)
    case forget(SubscriptionID, EndReason)
    case persistSession(SessionRecord)
    case forgetSession(SessionID, EndReason)
    case persistServerDemand(ServerDemand)
    case forgetServerDemand(ServerStreamID)
    /// Call `tick` then, not before; it replaces what was scheduled, since it is earlier.
    case scheduleTick(MonotonicTime)
}

/// A subscription meets its connection.
package struct Attachment: Sendable, Equatable {
    package var connection: ConnectionID
    package var subscription: SubscriptionID
    package var view: ViewDescription
    /// The subscription's own, for what is not the view's: buffer size, snapshot, tail, since.
    package var config: StreamConfig
    /// It was open before, in this life of the gateway or an earlier one.
    package var isResumed: Bool
    /// False when the connection gets the view's events already: by another subscription to it, or to a view of every
    /// agent that covers it.
    package var joinsTopic: Bool
    /// For task streams: whether the task still runs, so that live output follows the replay. Once an ended task has
    /// been replayed, call `complete`. Nil for other streams.
    package var isTaskRunning: Bool?
}

/// A subscription leaves a session's connection.
package struct Detachment: Sendable, Equatable {
    package var connection: ConnectionID
    package var subscription: SubscriptionID
    package var topic: TopicID
    /// False when another subscription of the connection still reads the topic, or none has.
    package var leavesTopic: Bool
    package var reason: EndReason
}

/// A connection reads a view to which it has had subscriptions before.
package struct Joining: Sendable, Equatable {
    package var connection: ConnectionID
    /// The first of them.
    package var subscription: SubscriptionID
    package var topic: TopicID
    package var config: StreamConfig
}

/// `reason` of `stream_end`.
package enum EndReason: String, Sendable {
    /// The stream is over, and all of it was delivered.
    case completed
    case unsubscribed
    /// Not opened, or not opened again, in time.
    case expired
    case tokenExpired = "token_expired"
    case tokenRevoked = "token_revoked"
    /// Another connection opened the same subscription or session.
    case replaced
    case draining, stalled
}
