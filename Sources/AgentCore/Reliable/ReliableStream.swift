import Model

/// The way of one reliable stream to the gateway. Lives as long as the agent; each connection attaches it to a stream
/// that the gateway wants. Loop's thread only.
final class ReliableStream {
    /// Kept unacknowledged for a gateway that is away.
    static let defaultBound = 4 << 20

    private(set) var queue: ReliableQueue
    /// Called after the gateway has acknowledged more.
    var onAcknowledged: () -> Void = {}
    private var output: StreamOutput?

    init(queue: ReliableQueue) { self.queue = queue }

    var isAttached: Bool { output != nil }

    /// The gateway wants the stream from `position` on. Returns false when it has more of this count than there is:
    /// then all that is kept begins again in a new one.
    @discardableResult
    func attach(_ output: StreamOutput, at position: ReliablePosition?, window: Int) -> Bool {
        self.output = output
        let acknowledged = queue.acknowledgedSeq
        let isKnown = queue.begin(at: position, window: window)
        if !isKnown {
            queue.renumber(origin: ReliableQueue.randomOrigin())
            _ = queue.begin(at: nil, window: window)
        }
        if isKnown, queue.acknowledgedSeq > acknowledged { onAcknowledged() }
        return isKnown
    }

    /// The stream that `output` belongs to has ended.
    func detach(_ output: StreamOutput) {
        if self.output === output { self.output = nil }
    }

    /// Gives the items of an encoded payload their numbers, and keeps them until they are acknowledged.
    @discardableResult
    func append(_ payload: [UInt8], count: Int) -> ClosedRange<UInt64> { queue.append(payload, count: count) }

    /// Before the first connection: what an earlier run of the agent has left.
    func restore(_ queue: ReliableQueue) { self.queue = queue }

    /// Nothing is sent from this number on, until `release`.
    func hold(from seq: UInt64) { queue.heldSeq = min(queue.heldSeq, seq) }

    var isHeld: Bool { queue.heldSeq < .max }

    func release() {
        queue.heldSeq = .max
        flush()
    }

    func acknowledge(upTo seq: UInt64) {
        let acknowledged = queue.acknowledgedSeq
        queue.acknowledge(upTo: seq)
        if queue.acknowledgedSeq > acknowledged { onAcknowledged() }
        flush()
    }

    func resend(from seq: UInt64) {
        queue.resend(from: seq)
        flush()
    }

    /// Sends what the window and the connection have room for.
    func flush() {
        guard let output else { return }
        while output.hasRoom, let frame = queue.next {
            guard output.send(frame, origin: queue.origin) else { return }
            queue.markSent()
        }
    }
}
