import CReactor
package import Reactor

/// The SSE clients and topics of one event loop. Clients and topics are named by numbers that the caller chooses.
///
/// Every method may be called from any thread. On the loop it takes effect at once; from elsewhere it is a message to
/// the loop: messages take effect in the order in which one thread sent them, so what a topic is given before an `attach` is history to that client, and what it is given
/// after it is live, without a seam. Messages for clients and topics that do not exist (any more) are dropped.
///
/// @unchecked Sendable because `fanout` and `context` are touched on the loop's thread only.
package final class ClientLoop: @unchecked Sendable {
    package let loop: EventLoop
    /// The sr_fanout. Made by the first message, freed by the one that `close` sends.
    private var fanout: OpaquePointer?
    /// What its callbacks are given, while there is one.
    private var context: FanoutContext?

    package init(loop: EventLoop, configuration: FanoutConfiguration, delegate: any ClientLoopDelegate) {
        self.loop = loop
        loop.execute { self.open(configuration, FanoutContext(delegate)) }
    }

    private func open(_ configuration: FanoutConfiguration, _ context: FanoutContext) {
        var raw = configuration.raw
        var callbacks = FanoutContext.callbacks
        // The sr_fanout owns this reference until `release`.
        fanout = sr_fanout_new(loop.handle, &raw, &callbacks, Unmanaged.passRetained(context).toOpaque())
        self.context = context
    }

    /// Closes every client (`clientGone` follows for each, as aborted) and forgets all topics. What is sent after it
    /// has no effect. To be called before the loop is stopped.
    package func close() {
        loop.execute { self.release() }
    }

    private func release() {
        guard let fanout, let context else { return }
        self.fanout = nil
        self.context = nil
        sr_fanout_free(fanout)
        Unmanaged.passUnretained(context).release()  // because the sr_fanout held it and is gone
    }

    private func send(_ body: @escaping @Sendable (OpaquePointer) -> Void) {
        onLoop {
            if let fanout = self.fanout { body(fanout) }
        }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.inLoop { body() } else { loop.execute(body) }
    }

    private func send(to client: UInt64, _ body: @escaping @Sendable (OpaquePointer) -> Void) {
        send { fanout in
            if let client = sr_client_find(fanout, client) { body(client) }
        }
    }

    // MARK: - Topics

    /// Makes the topic, or changes the bounds of its log. The log holds at most `maxEvents` and `maxBytes`; the newest
    /// event is always held.
    package func ensureTopic(_ topic: UInt64, maxBytes: Int, maxEvents: Int) {
        send { _ = sr_topic_ensure($0, topic, maxBytes, maxEvents) }
    }

    /// Forgets the topic when its clients have what was published before; they stay connected. `ensureTopic` takes it
    /// back.
    package func closeTopic(_ topic: UInt64) {
        send { fanout in
            if let topic = sr_topic_find(fanout, topic) { sr_topic_close(topic) }
        }
    }

    /// Appends the batch's events to their topics; it must not be changed before that is done. They reach the clients when
    /// the loop has handled what came with it, or at once where a log would have to give up events that have not been
    /// offered to all of them.
    package func publish(_ batch: EventBatch) {
        guard loop.inLoop else { return _ = loop.execute { self.publish(batch) } }
        guard let fanout, !batch.isEmpty else { return }
        batch.withRecords { _ = sr_fanout_publish(fanout, $0, $1) }
    }

    /// On the loop: the numbers of the events that the topic's log holds; nil when there are none.
    package func range(of topic: UInt64) -> ClosedRange<UInt64>? {
        loop.preconditionInLoop()
        guard let fanout, let topic = sr_topic_find(fanout, topic) else { return nil }
        var first: UInt64 = 0
        var last: UInt64 = 0
        sr_topic_range(topic, &first, &last)
        return last == 0 ? nil : first...last
    }

    // MARK: - Clients

    /// Turns a request into a stream: first `head` (status line and headers, with the empty line), then `bytes`, then
    /// the topics' events, which have the ids that they share unless `ids` are given. `client` must not be in use. When the peer is gone or the request has been answered already,
    /// `clientGone` follows.
    package func accept(
        _ request: StreamRequest, as client: UInt64, head: [UInt8], bytes: [UInt8] = [],
        ids: ComposedIDs? = nil, attachments: [TopicAttachment] = []
    ) {
        onLoop {
            guard let fanout = self.fanout, let context = self.context else { return }
            guard let request = request.take() else { return context.missed(client) }
            let handle = sr_request_stream(request, fanout, client, head, head.count)
            sr_client_write(handle, bytes, bytes.count)
            ids?.apply(to: handle)
            for attachment in attachments { Self.attach(handle, attachment, in: fanout) }
        }
    }

    /// Bytes for this client alone, in order with everything sent before and after.
    /// - Parameter events: how many of them count as delivered.
    package func write(_ client: UInt64, _ bytes: [UInt8], events: Int = 0) {
        send(to: client) {
            sr_client_write($0, bytes, bytes.count)
            sr_client_count_delivered($0, UInt64(events))
        }
    }

    /// One whole SSE frame for this client alone, otherwise the same.
    package func write(_ client: UInt64, _ bytes: ArraySlice<UInt8>, as event: OwnEvent) {
        send(to: client) { client in
            var raw = event.raw
            bytes.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return }
                sr_client_write_event(client, &raw, start, bytes.count)
            }
        }
    }

    /// Composed ids do not speak of the label any more, whatever still goes out under it.
    package func unmark(_ client: UInt64, _ label: PositionLabel) {
        send(to: client) { sr_client_unmark($0, label.number) }
    }

    /// On a topic that is attached this changes policy and bounds only.
    package func attach(_ client: UInt64, _ attachment: TopicAttachment) {
        send { fanout in
            if let client = sr_client_find(fanout, client) { Self.attach(client, attachment, in: fanout) }
        }
    }

    private static func attach(_ client: OpaquePointer, _ attachment: TopicAttachment, in fanout: OpaquePointer) {
        guard let topic = sr_topic_find(fanout, attachment.topic) else { return }
        var raw = attachment.raw
        sr_client_attach(client, topic, &raw)
    }

    /// What was published before still goes out, nothing that comes after.
    package func detach(_ client: UInt64, from topic: UInt64) {
        send { fanout in
            guard let client = sr_client_find(fanout, client), let topic = sr_topic_find(fanout, topic) else { return }
            sr_client_detach(client, topic)
        }
    }

    /// Nothing more of the topic goes out, except the rest of an event that has gone out in part: no event of its log,
    /// and nothing that was written for it with a number of at least `seq`.
    package func leave(_ client: UInt64, from topic: UInt64, since seq: UInt64 = 0) {
        send { fanout in
            guard let client = sr_client_find(fanout, client), let topic = sr_topic_find(fanout, topic) else { return }
            sr_client_leave(client, topic, seq)
        }
    }

    /// One `clientDrained` when everything sent so far has been handed to the kernel.
    package func notifyDrained(_ client: UInt64) {
        send(to: client) { sr_client_notify_drained($0) }
    }

    /// Writes the bytes as the last ones, and closes when everything has been sent.
    package func finish(_ client: UInt64, bytes: [UInt8] = []) {
        send(to: client) { client in
            sr_client_write(client, bytes, bytes.count)
            sr_client_finish(client)
        }
    }

    /// Closes now; what waits is lost.
    package func abort(_ client: UInt64) {
        send(to: client) { sr_client_abort($0) }
    }

    // MARK: - Statistics

    /// Nil after `close`.
    package func statistics() async throws -> FanoutStatistics? {
        try await loop.run { self.fanout.map { FanoutStatistics(sr_fanout_get_stats($0)) } }
    }

    /// Of those of the clients that exist.
    package func statistics(of clients: [UInt64]) async throws -> [UInt64: ClientStatistics] {
        try await loop.run {
            guard let fanout = self.fanout else { return [:] }
            var found: [UInt64: ClientStatistics] = [:]
            for id in clients {
                if let client = sr_client_find(fanout, id) { found[id] = ClientStatistics(sr_client_get_stats(client)) }
            }
            return found
        }
    }
}
