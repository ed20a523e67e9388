import CReactor

/// Accepts links on a TCP port. Used on its loop only; letting go of it anywhere ends it, its links live on.
///
/// @unchecked Sendable because its members check that they are called on the loop, and `deinit` goes there.
package final class Listener: @unchecked Sendable {
    private let loop: EventLoop
    /// The sr_listener; it owns an `Accepting`, not this object.
    private let owned: LoopOwned

    /// Listens at once.
    /// - Parameters:
    ///   - port: 0 for any; see `port`.
    ///   - tls: nil: plain TCP. How long a handshake may take is for the delegate to say, by closing its link.
    ///   - accept: decides on each connection, on the loop: a delegate, whose `linkOpened` follows at once, or nil to
    ///     close it. It is given the peer's address and port.
    package init(
        loop: EventLoop, host: String, port: UInt16, limits: LinkLimits, tls: TLSContext? = nil,
        accept: @escaping (_ peer: String) -> (any LinkDelegate)?
    ) throws(ReactorError) {
        loop.preconditionInLoop()
        self.loop = loop
        // C owns this reference until the listener is freed.
        let context = Unmanaged.passRetained(Accepting(loop: loop, limits: limits, tls: tls, accept: accept))
        do {
            let handle = try ReactorError.check {
                sr_listener_new(loop.handle, host, port, incoming, context.toOpaque(), $0)
            }
            owned = LoopOwned(handle: handle, context: context.toOpaque())
        } catch {
            context.release()
            throw error
        }
    }

    deinit {
        loop.reclaim { [owned] in
            sr_listener_free(owned.handle)
            Unmanaged<Accepting>.fromOpaque(owned.context).release()
        }
    }

    /// The port it listens on.
    package var port: UInt16 {
        loop.assertInLoop()
        return sr_listener_port(owned.handle)
    }

    /// How often it had to rest because descriptors or memory had run out.
    package var stalls: UInt64 {
        loop.assertInLoop()
        return sr_listener_stalls(owned.handle)
    }
}

/// What an sr_listener needs to make links.
private final class Accepting {
    let loop: EventLoop
    let limits: LinkLimits
    let tls: TLSContext?
    let accept: (String) -> (any LinkDelegate)?

    init(
        loop: EventLoop, limits: LinkLimits, tls: TLSContext?, accept: @escaping (String) -> (any LinkDelegate)?
    ) {
        self.loop = loop
        self.limits = limits
        self.tls = tls
        self.accept = accept
    }
}

private func incoming(_ context: UnsafeMutableRawPointer?, _ incoming: OpaquePointer) {
    let accepting = Unmanaged<Accepting>.fromOpaque(context!).takeUnretainedValue()
    guard let delegate = accepting.accept(String(cString: sr_incoming_peer(incoming))) else { return }
    Link.accept(
        incoming, on: accepting.loop, limits: accepting.limits, tls: accepting.tls, delegate: delegate)
}
