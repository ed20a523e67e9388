package import Model

/// What can be configured about demand and subscriptions, and the bounds of everything the broker keeps.
package struct BrokerSettings: Sendable {
    /// How long a stream goes on after its last lease. 0: it stops at once.
    package var linger: Milliseconds = 2_000
    /// Life of a subscription or session that nobody opens.
    package var subscriptionTTL: Milliseconds = 60_000
    /// How long a subscription or session whose connection ended can be opened again.
    package var resumeWindow: Milliseconds = 60_000
    /// An agent that has not applied a list this long after it was sent gets it again.
    package var resendAfter: Milliseconds = 1_000
    /// Subscriptions and sessions of everybody; beyond it `overloaded`.
    package var maxSubscriptions = 100_000
    /// Subscriptions and sessions of one token; beyond it `rate_limited`. Callers without a token share no such bound.
    package var maxSubscriptionsPerToken = 20_000
    /// Subscriptions in one session; beyond it `session_full`.
    package var maxSubscriptionsPerSession = 256
    /// Different views of every agent that are subscribed to, since each costs something per agent; beyond it `overloaded`.
    package var maxViewsOfEveryAgent = 500
    /// Streams that one agent is asked for; listeners of further ones get the state `overloaded`.
    package var maxStreamsPerAgent = 1_000
    /// Server demands; beyond it `overloaded`.
    package var maxServerDemands = 10_000
    /// Deadlines handled in one `tick`, so that a mass expiry does not hold up the loop; the rest follows at once.
    package var deadlinesPerTick = 1_000
    /// What every agent that can is asked for while it is connected.
    package var standing: [StandingDemand] = [
        StandingDemand(.healthCheck), StandingDemand(.systemEvents), StandingDemand(.logAggregation),
    ]

    package init() {}
}

/// A stream that the configuration turns on for every connected agent that can stream it.
package struct StandingDemand: Hashable, Sendable {
    package var type: StreamType
    /// `.server` or `.recording`.
    package var kind: LeaseKind
    package var config: StreamConfig

    /// - Parameter config: the type's defaults when nil.
    package init(_ type: StreamType, kind: LeaseKind = .server, config: StreamConfig? = nil) {
        self.type = type
        self.kind = kind
        self.config = config ?? .defaults(for: type)
    }
}
