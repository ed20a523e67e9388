import CReactor
package import Reactor

/// One HTTP listener on one loop: takes requests from the connections, lets the router find what is to become of them,
/// and answers. Several of them may share a port, one per loop.
///
/// Made, used and closed on its loop, which is checked. How many requests are under way is bounded by the number of
/// connections, each of which has one at a time.
///
/// @unchecked Sendable because `handle` is touched on the loop alone.
package final class HTTPServer: @unchecked Sendable {
    private let loop: EventLoop
    /// The sr_http; owned from `init` to `close`, nil after that.
    private var handle: OpaquePointer?
    /// What the callbacks of the sr_http are given. One reference is owned by the sr_http until `close`.
    private let handler: RequestHandler

    /// - Parameters:
    ///   - allowance: shared with other listeners, in place of the limits of connections.
    ///   - acceptFailed: called on the loop when connections cannot be accepted, with an errno value; not again before
    ///     accepting has been in order for a minute. What cannot be accepted waits in the kernel.
    package init(
        loop: EventLoop, limits: HTTPLimits, sharing allowance: ConnectionAllowance? = nil, router: Router,
        opener: any StreamOpener, acceptFailed: @escaping (Int32) -> Void = { _ in }
    ) throws(ReactorError) {
        loop.preconditionInLoop()
        self.loop = loop
        handler = RequestHandler(loop: loop, router: router, opener: opener, acceptFailed: acceptFailed)
        let context = Unmanaged.passRetained(handler)  // because C holds it until `close` releases it
        var config = sr_http_config(limits, allowance)
        var error = sr_error()
        guard let http = sr_http_new(loop.handle, &config, receive, context.toOpaque(), &error) else {
            context.release()
            throw ReactorError(error)
        }
        sr_http_set_overload(http, receiveOverLimit)
        sr_http_set_accept_failure(http, receiveAcceptFailure)
        handle = http
        router.statistics.add { [weak self] in await self?.connectionsNow() }
    }

    deinit { precondition(handle == nil, "an HTTP server must be closed before it is let go") }

    /// Binds the address.
    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - sharingPort: whether the listeners of other loops may bind the same port.
    /// - Returns: the port.
    package func listen(host: String, port: UInt16, sharingPort: Bool = false) throws(ReactorError) -> UInt16 {
        loop.preconditionInLoop()
        guard let handle else { preconditionFailure("closed") }
        var error = sr_error()
        let bound = sr_http_listen(handle, host, port, sharingPort, &error)
        guard bound >= 0 else { throw ReactorError(error) }
        return UInt16(bound)
    }

    /// What one connection takes over TLS: the client's, and a pair between TLS and HTTP.
    package static let descriptorsOverTLS = 3

    /// Before `listen`: connections speak TLS.
    /// - Parameter maxGreetings: of those that have not agreed on it yet, which take one descriptor; for another one the
    ///   oldest goes.
    package func use(_ tls: TLSContext, maxGreetings: Int) {
        loop.preconditionInLoop()
        if let handle { sr_http_use_tls(handle, tls.handle, UInt32(clamping: maxGreetings)) }
    }

    /// Takes no further connection. What is open goes on.
    package func stopAccepting() {
        loop.preconditionInLoop()
        if let handle { sr_http_stop_accepting(handle) }
    }

    /// Closes the connections, except those that have become streams. Requests under way are answered into the void.
    package func close() {
        loop.preconditionInLoop()
        guard let handle else { return }
        self.handle = nil
        sr_http_free(handle)
        Unmanaged.passUnretained(handler).release()  // because the sr_http is gone, which held this reference
    }

    package var connections: Connections {
        loop.preconditionInLoop()
        guard let handle else { return Connections() }
        let stats = sr_http_get_stats(handle)
        return Connections(
            open: stats.connections, accepted: stats.accepted, acceptFailures: stats.accept_failures,
            overLimit: stats.over_limit, timedOut: stats.timed_out, rejected: stats.rejected,
            openOverTLS: stats.tls_connections, partingOverTLS: stats.tls_parting, failuresOfTLS: stats.tls_failures)
    }

    /// Any thread. Nil when the loop has been stopped.
    private func connectionsNow() async -> Connections? { try? await loop.run { self.connections } }

    /// Counts of this listener; all but `open` only rise.
    package struct Connections: Sendable {
        /// Now, streams included, of all listeners that share an allowance.
        package var open: UInt64 = 0
        package var accepted: UInt64 = 0
        /// Times that accepting had to pause for lack of descriptors or memory.
        package var acceptFailures: UInt64 = 0
        /// Beyond a limit.
        package var overLimit: UInt64 = 0
        /// Closed in the middle of a request.
        package var timedOut: UInt64 = 0
        /// Requests that never reached the router: malformed or too large.
        package var rejected: UInt64 = 0
        /// Now, of this listener.
        package var openOverTLS: UInt64 = 0
        /// Now: closed, with last bytes on their way to the client.
        package var partingOverTLS: UInt64 = 0
        /// Connections that did not get as far as TLS.
        package var failuresOfTLS: UInt64 = 0
    }
}

extension sr_http_config {
    fileprivate init(_ limits: HTTPLimits, _ allowance: ConnectionAllowance?) {
        self.init(
            max_header_bytes: limits.headerBytes, max_body_bytes: limits.bodyBytes,
            request_timeout_ms: UInt32(limits.requestTimeout), idle_timeout_ms: UInt32(limits.idleTimeout),
            silence_s: 3,
            max_connections: UInt32(limits.connections), max_connections_per_ip: UInt32(limits.connectionsPerAddress),
            hall: allowance?.hall)
    }
}

extension ReactorError {
    fileprivate init(_ error: sr_error) {
        let text = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        self.init(code: error.code, description: text)
    }
}

private func receive(_ context: UnsafeMutableRawPointer?, _ request: OpaquePointer) {
    RequestHandler.borrow(context).receive(request, isOverLimit: false)
}

private func receiveOverLimit(_ context: UnsafeMutableRawPointer?, _ request: OpaquePointer) {
    RequestHandler.borrow(context).receive(request, isOverLimit: true)
}

private func receiveAcceptFailure(_ context: UnsafeMutableRawPointer?, _ error: Int32) {
    RequestHandler.borrow(context).acceptFailed(error)
}
