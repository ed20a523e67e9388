package import Service

/// A request that waits to become an event stream.
package protocol StreamExchange: Sendable {
    /// Status line and headers of the stream, with the empty line.
    var head: [UInt8] { get }
    /// On the request's loop. The sr_request, which is the caller's from now on; nil when it has been answered already.
    func takeRequest() -> OpaquePointer?
    /// Any thread. Answers without a stream.
    func answer(_ answer: StreamAnswer)
}

/// What a client gets that does not get a stream.
package enum StreamAnswer: Sendable {
    /// The stream has ended and was read to its end: 204, which stops EventSource.
    case ended
    /// An error for good: EventSource gives up on it.
    case refused(ServiceError)
    /// 200, a `retry:`, and the reason as a comment: EventSource comes back.
    case later(String)
}
