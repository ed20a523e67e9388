import CReactor

/// One TCP connection that carries frames, each a length and a payload, both ways. Used on its loop only.
///
/// Lives until it is closed, whoever refers to it; after that every call is without effect.
///
/// @unchecked Sendable because each member checks that it is called on the loop; references may travel.
package final class Link: @unchecked Sendable {
    package let loop: EventLoop
    /// Whom we talk to, for people: the peer's address, or the name that was dialled.
    package private(set) var peer = ""

    /// The sr_link. It owns a reference to this object until it reports its end, and is freed by itself after that.
    private var handle: OpaquePointer?
    /// Strong until the end.
    private var delegate: (any LinkDelegate)?

    private init(loop: EventLoop, delegate: any LinkDelegate) {
        self.loop = loop
        self.delegate = delegate
    }

    /// Makes the sr_link with a function of C's and ties it to this object.
    private func attach(
        _ make: (UnsafePointer<sr_link_callbacks>, UnsafeMutableRawPointer) -> OpaquePointer
    ) {
        // C owns this reference until on_closed.
        let context = Unmanaged.passRetained(self).toOpaque()
        var callbacks = sr_link_callbacks(
            on_connected: linkConnected, on_frames: linkReceived, on_bad_frame: linkReceivedBadFrame,
            on_drained: linkDrained, on_closed: linkClosed)
        let handle = make(&callbacks, context)
        self.handle = handle
        peer = String(cString: sr_link_peer(handle))
    }

    // MARK: - Making links

    /// Starts connecting. Names are resolved off the loop; several addresses are tried in turn within the timeout.
    /// Frames may be sent at once. All trouble comes as `linkClosed`, later.
    /// - Parameter tls: nil: plain TCP. With it the timeout also holds for the handshake.
    package static func connect(
        on loop: EventLoop, host: String, port: UInt16, timeout: Duration, limits: LinkLimits,
        tls: TLSContext? = nil, delegate: any LinkDelegate
    ) -> Link {
        loop.preconditionInLoop()
        let link = Link(loop: loop, delegate: delegate)
        var configuration = limits.configuration(tls)
        let timeout = UInt32(clamping: timeout.wholeMilliseconds)
        link.attach { sr_link_connect(loop.handle, host, port, timeout, &configuration, $0, $1) }
        withExtendedLifetime(tls) {}  // C has taken a reference of its own by now
        return link
    }

    /// Takes a connection that a listener presents.
    static func accept(
        _ incoming: OpaquePointer, on loop: EventLoop, limits: LinkLimits, tls: TLSContext?, delegate: any LinkDelegate
    ) {
        let link = Link(loop: loop, delegate: delegate)
        var configuration = limits.configuration(tls)
        link.attach { sr_link_accept(incoming, &configuration, $0, $1) }
        withExtendedLifetime(tls) {}
        delegate.linkOpened(link)
    }

    // MARK: - Using them

    /// Queues one frame and writes at once what the socket takes.
    /// - Returns: false when more than `maxOutput` bytes would wait, or the link is closing; nothing of the frame was
    ///   queued then.
    package func send(_ payload: UnsafeRawBufferPointer) -> Bool {
        loop.assertInLoop()
        guard let handle else { return false }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { nothing in
            // C wants an address, also of an empty payload.
            let base = payload.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(nothing.baseAddress!)
            return sr_link_send(handle, base, payload.count)
        }
    }

    /// Like `send` of a buffer.
    package func send(_ payload: [UInt8]) -> Bool {
        payload.withUnsafeBytes { send($0) }
    }

    /// Bytes that wait for the peer.
    package var pendingBytes: Int {
        loop.assertInLoop()
        return handle.map { sr_link_pending($0) } ?? 0
    }

    /// Stops reading, so that TCP pushes back on the peer. Calls nest.
    package func pause() {
        loop.assertInLoop()
        if let handle { sr_link_pause(handle) }
    }

    /// Ends one `pause`.
    package func resume() {
        loop.assertInLoop()
        if let handle { sr_link_resume(handle) }
    }

    /// Closes now; what waits for the peer is lost.
    package func close() {
        close(afterFlushingWithin: .zero)
    }

    /// Closes when the peer has taken what is queued and has closed its side too, or at the end of that time. Nothing
    /// is delivered or accepted any more.
    package func close(afterFlushingWithin time: Duration) {
        loop.assertInLoop()
        if let handle { sr_link_close_after_flush(handle, UInt32(clamping: time.wholeMilliseconds)) }
    }

    /// Not yet closed.
    package var isOpen: Bool {
        loop.assertInLoop()
        return handle != nil
    }

    // MARK: - Called by C

    fileprivate func connected() {
        delegate?.linkOpened(self)
    }

    fileprivate func received(_ frames: Frames) -> Bool {
        delegate?.link(self, received: frames) ?? false
    }

    fileprivate func receivedBadFrame(_ reason: LinkEnd.Reason) {
        delegate?.linkReceivedBadFrame(self, reason)
    }

    fileprivate func drained() {
        delegate?.linkDrained(self)
    }

    fileprivate func closed(_ reason: sr_link_close, _ detail: UnsafePointer<CChar>) {
        let failure = handle.map { sr_link_tls_failure($0) } ?? SR_TLS_NO_FAILURE
        handle = nil
        delegate?.linkClosed(self, LinkEnd(reason, failure, detail: detail))
        delegate = nil
    }

    /// Borrows: C goes on owning the reference.
    fileprivate static func borrow(_ context: UnsafeMutableRawPointer?) -> Link {
        Unmanaged.fromOpaque(context!).takeUnretainedValue()
    }
}

// MARK: - C's callbacks

private func linkConnected(_ context: UnsafeMutableRawPointer?) {
    Link.borrow(context).connected()
}

private func linkReceived(
    _ context: UnsafeMutableRawPointer?, _ frames: UnsafePointer<sr_frame>, _ count: Int
) -> Bool {
    Link.borrow(context).received(Frames(frames, count: count))
}

private func linkReceivedBadFrame(_ context: UnsafeMutableRawPointer?, _ reason: sr_link_close) {
    Link.borrow(context).receivedBadFrame(LinkEnd.Reason(reason))
}

private func linkDrained(_ context: UnsafeMutableRawPointer?) {
    Link.borrow(context).drained()
}

/// Ends C's ownership.
private func linkClosed(
    _ context: UnsafeMutableRawPointer?, _ reason: sr_link_close, _ detail: UnsafePointer<CChar>
) {
    let link = Unmanaged<Link>.fromOpaque(context!).takeRetainedValue()
    link.closed(reason, detail)
}
