package import Service

/// A request for an SSE stream, checked as far as the API can; whoever opens it knows whether the stream exists, whether
/// it has ended (204), and whether the gateway can take it now.
package struct StreamOpening: Sendable {
    package var target: StreamTarget
    /// Continue after this event: what the client sent, which may be anything.
    package var lastEventID: String?
    /// To be sent along with the answer, whatever it is.
    package var headers: [HTTPResponse.Header]
    package var peer: String
    /// Whether a refusal has `details`.
    package var hasDetails: Bool
    /// There are too many connections: the client is to come back later, told so in a way that EventSource obeys.
    package var isOverLimit: Bool
}

/// What becomes of a request.
package enum RouterOutcome: Sendable {
    case response(HTTPResponse)
    case stream(StreamOpening)
}
