import CReactor

/// What the callbacks of an sr_fanout are given.
final class FanoutContext: Sendable {
    private let delegate: any ClientLoopDelegate

    init(_ delegate: any ClientLoopDelegate) {
        self.delegate = delegate
    }

    /// Reports a client that never came to be.
    func missed(_ client: UInt64) {
        delegate.clientGone(client, reason: .aborted, statistics: ClientStatistics(sr_client_stats()))
    }

    static var callbacks: sr_fanout_callbacks {
        sr_fanout_callbacks(
            on_gone: { context, client, reason, stats in
                FanoutContext.borrow(context).delegate.clientGone(
                    client, reason: ClientGone(reason), statistics: ClientStatistics(stats.pointee))
            },
            on_behind: { context, handle, client, behind in
                let loss = ClientLoss(behind.pointee)
                let bytes = FanoutContext.borrow(context).delegate.clientBehind(client, loss: loss)
                var event = sr_own_event(topic_id: 0, label: behind.pointee.label, seq: behind.pointee.last_seq)
                sr_client_write_event(handle, &event, bytes, bytes.count)
            },
            on_drained: { context, client in
                FanoutContext.borrow(context).delegate.clientDrained(client)
            })
    }

    /// Borrows: the sr_fanout goes on holding the reference.
    private static func borrow(_ context: UnsafeMutableRawPointer?) -> FanoutContext {
        Unmanaged.fromOpaque(context!).takeUnretainedValue()
    }
}
