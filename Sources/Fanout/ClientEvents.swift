import CReactor

/// Why a client went.
package enum ClientGone: Sendable, Hashable {
    /// The peer closed or reset the connection, or vanished.
    case closed
    /// `finish` is done: everything was handed to the kernel.
    case finished
    /// It took nothing for too long, or more waited for it than may.
    case stalled
    /// `abort`, or the loop was closed.
    case aborted

    init(_ raw: sr_client_gone) {
        switch raw {
        case SR_CLIENT_FINISHED: self = .finished
        case SR_CLIENT_STALLED: self = .stalled
        case SR_CLIENT_ABORTED: self = .aborted
        default: self = .closed
        }
    }
}

/// Events of one topic that a client lost because it was slow.
package struct ClientLoss: Sendable, Hashable {
    package let topic: UInt64
    /// How many, at least 1.
    package let missed: UInt64
    /// The sequence numbers of the first and the last of them.
    package let range: ClosedRange<UInt64>

    init(_ raw: sr_behind) {
        topic = raw.topic_id
        missed = raw.missed
        range = raw.first_seq...raw.last_seq
    }
}

/// What has become of the events for one client.
package struct ClientStatistics: Sendable, Hashable {
    package let delivered: UInt64
    /// Lost and reported.
    package let dropped: UInt64
    /// Replaced by newer ones.
    package let conflated: UInt64
    /// All bytes, private ones and heartbeats included.
    package let bytesSent: UInt64
    /// Not yet taken by the kernel. What is over the bounds counts as dropped or conflated already.
    package let queuedEvents: UInt64
    package let queuedBytes: UInt64
    /// Milliseconds since the kernel last took something, while something is queued. Coarse: up to a second less.
    package let waiting: UInt64

    init(_ raw: sr_client_stats) {
        delivered = raw.delivered
        dropped = raw.dropped
        conflated = raw.conflated
        bytesSent = raw.bytes_sent
        queuedEvents = raw.queued_events
        queuedBytes = raw.queued_bytes
        waiting = raw.waiting_ms
    }
}

/// Counters of a client loop since its start, and gauges (the first three).
package struct FanoutStatistics: Sendable, Hashable {
    package let clients: UInt64
    package let topics: UInt64
    /// Memory of all logs.
    package let topicBytes: UInt64
    package let delivered: UInt64
    package let dropped: UInt64
    package let conflated: UInt64
    package let bytesSent: UInt64
    /// System calls; `delivered / sends` is how many events share one.
    package let sends: UInt64
    /// Events refused: for an unknown topic, or with a number that did not rise.
    package let skipped: UInt64
    package let goneClosed: UInt64
    package let goneFinished: UInt64
    package let goneStalled: UInt64
    package let goneAborted: UInt64

    init(_ raw: sr_fanout_stats) {
        clients = raw.clients
        topics = raw.topics
        topicBytes = raw.topic_bytes
        delivered = raw.delivered
        dropped = raw.dropped
        conflated = raw.conflated
        bytesSent = raw.bytes_sent
        sends = raw.sends
        skipped = raw.skipped
        goneClosed = raw.gone_closed
        goneFinished = raw.gone_finished
        goneStalled = raw.gone_stalled
        goneAborted = raw.gone_aborted
    }
}

/// Hears what happens to the clients of a loop, on that loop's thread. It may call the `ClientLoop`; what it asks for is
/// done after the call has returned.
package protocol ClientLoopDelegate: AnyObject, Sendable {
    /// The client is gone; its number may be used again.
    func clientGone(_ client: UInt64, reason: ClientGone, statistics: ClientStatistics)
    /// The client has lost events. What is returned, one event or nothing, stands for them, exactly where they were; if
    /// it begins with an id, it moves the client's composed position behind them.
    func clientBehind(_ client: UInt64, loss: ClientLoss) -> [UInt8]
    /// Everything for the client has been handed to the kernel; asked for with `notifyDrained`.
    func clientDrained(_ client: UInt64)
}
