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

    package struct QueryParameter: Sendable {
        package var name: String
        package var schema: Schema
        package var summary: String
        package var isRequired: Bool

        init(_ name: String, _ schema: Schema, _ summary: String, isRequired: Bool = false) {
            self.name = name
            self.schema = schema
            self.summary = summary
            self.isRequired = isRequired
        }
    }

    package typealias Reply = @Sendable (RequestContext) async throws -> HTTPResponse
    package typealias ImmediateReply = @Sendable (RequestContext) throws -> HTTPResponse
    package typealias Target = @Sendable (RequestContext) throws -> StreamTarget
    package typealias AwaitedTarget = @Sendable (RequestContext) async throws -> StreamTarget

    package enum Handler: Sendable {
        case reply(Reply)
        /// Answered on the loop that the request came on, so it takes microseconds.
        case immediate(ImmediateReply)
        /// Answered by an SSE stream.
        case stream(Target)
        /// The same, where the gateway has to be asked what it is a stream of.
        case awaitedStream(AwaitedTarget)
    }

    package let method: HTTPMethod
    package let pattern: PathPattern
    package let access: Access
    package let summary: String
    package let query: [QueryParameter]
    package let body: Body
    /// Name of the schema of the answer, or its media type when it is not JSON; nil for 204.
    package let response: String?
    /// What it answers with where nothing is wrong.
    package let statuses: [Int]
    /// What it can refuse with besides what any route of its kind can: see `errorCodes`.
    package let errors: [APIError.Code]
    package let age: RouteAge
    /// Whether it answers while the gateway starts or drains.
    package let isAlwaysAvailable: Bool
    package let handler: Handler

    init(
        _ method: HTTPMethod, _ pattern: PathPattern, _ access: Access, _ summary: String,
        query: [QueryParameter] = [], body: Body = .none, response: String?, statuses: [Int]? = nil,
        errors: [APIError.Code] = [], age: RouteAge = .current, always: Bool = false, reply: @escaping Reply
    ) {
        self.method = method
        self.pattern = pattern
        self.access = access
        self.summary = summary
        self.query = query
        self.body = body
        self.response = response
        self.statuses = statuses ?? [response == nil ? 204 : 200]
        self.errors = errors
        self.age = age
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
        statuses = [200]
        errors = []
        age = .current
        isAlwaysAvailable = true
        handler = .immediate(reply)
    }

    /// An SSE route. It is always available: EventSource must never meet a 503, so whoever opens the stream answers
    /// for the gateway's state.
    init(stream pattern: PathPattern, _ access: Access, _ summary: String, target: @escaping Target) {
        self.init(stream: pattern, access, summary, handler: .stream(target))
    }

    /// An SSE route that is found by asking the gateway.
    init(
        stream pattern: PathPattern, _ access: Access, _ summary: String, query: [QueryParameter],
        errors: [APIError.Code], age: RouteAge, target: @escaping AwaitedTarget
    ) {
        self.init(
            stream: pattern, access, summary, query: query, errors: errors, age: age, handler: .awaitedStream(target))
    }

    private init(
        stream pattern: PathPattern, _ access: Access, _ summary: String, query: [QueryParameter] = [],
        errors: [APIError.Code] = [], age: RouteAge = .current, handler: Handler
    ) {
        method = .get
        self.pattern = pattern
        self.access = access
        self.summary = summary
        self.query = query + [.lastEventID]
        body = .none
        response = "text/event-stream"
        statuses = [200, 204]
        self.errors = errors
        self.age = age
        isAlwaysAvailable = true
        self.handler = handler
    }

    package var isStream: Bool {
        switch handler {
        case .stream, .awaitedStream: true
        case .reply, .immediate: false
        }
    }

    /// Whether a request for it can be answered without asking who is calling, or anything else that suspends.
    var waitsForNobody: Bool {
        switch handler {
        case .reply, .awaitedStream: false
        case .immediate: true
        case .stream: access == .capability || access == .open
        }
    }
}
