package import Model
package import Service

/// One row of the API: the router obeys it and the API description prints it.
package struct Route: Sendable {
    package enum Access: Sendable, Equatable {
        /// Nobody is asked for a token.
        case open
        /// The path itself is the right to use it: 128 random bits that an authorised call handed out.
        case capability
        case atLeast(Role)
    }

    package enum Body: Sendable, Equatable {
        case none
        /// A JSON object of this schema. Where it is optional, no body is the same as `{}`.
        case json(schema: String, isOptional: Bool = false)
    }

    package struct QueryParameter: Sendable, Equatable {
        package var name: String
        package var summary: String
    }

    package typealias Reply = @Sendable (RequestContext) async throws -> HTTPResponse
    package typealias ImmediateReply = @Sendable (RequestContext) throws -> HTTPResponse
    package typealias Target = @Sendable (RequestContext) throws -> StreamTarget

    package enum Handler: Sendable {
        case reply(Reply)
        /// Answered on the loop that the request came on, so it takes microseconds.
        case immediate(ImmediateReply)
        /// Answered by an SSE stream.
        case stream(Target)
    }

    package let method: HTTPMethod
    package let pattern: PathPattern
    package let access: Access
    package let summary: String
    package let query: [QueryParameter]
    package let body: Body
    /// Name of the schema of the answer, or its media type when it is not JSON; nil for 204.
    package let response: String?
    /// Whether it answers while the gateway starts or drains.
    package let isAlwaysAvailable: Bool
    package let handler: Handler

    init(
        _ method: HTTPMethod, _ pattern: PathPattern, _ access: Access, _ summary: String,
        query: [QueryParameter] = [], body: Body = .none, response: String?, always: Bool = false,
        reply: @escaping Reply
    ) {
        self.method = method
        self.pattern = pattern
        self.access = access
        self.summary = summary
        self.query = query
        self.body = body
        self.response = response
        self.isAlwaysAvailable = always
        self.handler = .reply(reply)
    }

    /// A route that needs neither a token nor the gateway's state: it is answered however busy everything else is.
    init(
        immediate pattern: PathPattern, _ summary: String, response: String, reply: @escaping ImmediateReply
    ) {
        method = .get
        self.pattern = pattern
        access = .open
        self.summary = summary
        query = []
        body = .none
        self.response = response
        isAlwaysAvailable = true
        handler = .immediate(reply)
    }

    /// An SSE route. It is always available: EventSource must never meet a 503, so whoever opens the stream answers
    /// for the gateway's state.
    init(stream pattern: PathPattern, _ access: Access, _ summary: String, target: @escaping Target) {
        method = .get
        self.pattern = pattern
        self.access = access
        self.summary = summary
        query = [QueryParameter(name: "last_event_id", summary: "Continue after this event")]
        body = .none
        response = "text/event-stream"
        isAlwaysAvailable = true
        handler = .stream(target)
    }

    package var isStream: Bool { if case .stream = handler { true } else { false } }

    /// Whether a request for it can be answered without asking who is calling, or anything else that suspends.
    var waitsForNobody: Bool {
        switch handler {
        case .reply: false
        case .immediate: true
        case .stream: access == .capability
        }
    }
}

extension [Route.QueryParameter] {
    static let paging: Self = [
        .init(name: "page", summary: "From 1"),
        .init(name: "per_page", summary: "1 to 1000, 100 unless told"),
    ]
}
