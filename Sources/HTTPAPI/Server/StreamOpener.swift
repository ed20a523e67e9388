/// Answers the requests for SSE streams.
package protocol StreamOpener: Sendable {
    /// Called once for each such request, on any thread, and as a rule on the exchange's loop. It answers the exchange, in one of two ways:
    /// `reply` (404 for what is unknown, 204 for what has ended), or `takeRequest` on the exchange's loop, to turn the
    /// connection into a stream. The stream's own headers are to be followed by `stream.headers`.
    func open(_ stream: StreamOpening, on exchange: HTTPExchange)
}
