import CReactor

/// A client's wish for a topic's events, and what happens when it cannot keep up.
package struct TopicAttachment: Sendable, Hashable {
    /// What to do with a backlog beyond the bounds.
    package enum SlowPolicy: Sendable, Hashable {
        /// Go on with the newest event, silently; where events have keys, with the newest of each key that waits. Only
        /// what has left the log before a newer one of its key came is dropped, and reported as below.
        case conflate
        /// Drop the oldest, and report `clientBehind`.
        case dropOldest
        /// The same, but not counted as dropped: the delegate has the events elsewhere and sends them from there.
        case giveBack

        fileprivate var raw: sr_slow_policy {
            switch self {
            case .conflate: SR_SLOW_CONFLATE
            case .dropOldest: SR_SLOW_DROP_OLDEST
            case .giveBack: SR_SLOW_GIVE_BACK
            }
        }
    }

    package var topic: UInt64
    /// The first event sent is the first one in the log with a greater number; `UInt64.max`: only what comes.
    package var after: UInt64
    package var policy: SlowPolicy
    /// Bounds of what may wait while the client's socket takes no more, at least 1. They do not count the events that
    /// were in the log at the time of attaching: a replay is limited by the log alone.
    package var maxEvents: Int
    package var maxBytes: Int
    /// The position that the events move, for a client with `ComposedIDs`.
    package var label: PositionLabel

    package init(
        topic: UInt64, after: UInt64, policy: SlowPolicy, maxEvents: Int, maxBytes: Int,
        label: PositionLabel = .common
    ) {
        self.topic = topic
        self.after = after
        self.policy = policy
        self.maxEvents = maxEvents
        self.maxBytes = maxBytes
        self.label = label
    }

    var raw: sr_attach {
        sr_attach(
            after_seq: after,
            policy: policy.raw,
            max_events: UInt32(clamping: maxEvents),
            max_bytes: maxBytes,
            label: label.number)
    }
}
