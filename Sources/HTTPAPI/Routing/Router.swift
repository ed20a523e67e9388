package import Logging
package import Service

/// Takes a request through path, method, caller, gateway state, query and body to its handler. Knows nothing of
/// sockets. May be used from any thread.
package struct Router: Sendable {
    package let routes: [Route]
    private let service: any GatewayService
    private let configuration: APIConfiguration
    private let authenticator: Authenticator
    private let crossOrigin: CrossOrigin
    private let log: Logger
    /// Of the listeners that use this router, for `/metrics`.
    package let statistics: HTTPStatistics

    package init(
        service: any GatewayService, configuration: APIConfiguration, log: Logger,
        statistics: HTTPStatistics = HTTPStatistics()
    ) {
        self.statistics = statistics
        routes = RouteTable.routes(for: configuration)
        self.service = service
        self.configuration = configuration
        authenticator = Authenticator(
            verifier: service, audit: service, browserGuard: BrowserGuard(corsOrigins: configuration.corsOrigins))
        crossOrigin = CrossOrigin(origins: configuration.corsOrigins)
        self.log = log
    }

    package func handle(_ request: HTTPRequest) async -> RouterOutcome {
        let crossOriginHeaders = crossOrigin.headers(for: request)
        do {
            switch try await dispatch(request) {
            case .response(let response): return .response(finish(response, crossOriginHeaders))
            case .stream(var stream):
                stream.headers += crossOriginHeaders
                return .stream(stream)
            }
        } catch {
            return .response(finish(apiError(error, request).response, crossOriginHeaders))
        }
    }

    private func dispatch(_ request: HTTPRequest) async throws -> RouterOutcome {
        if request.method == .options, request.target == "*" { return .response(options(HTTPMethod.allCases)) }
        let target = try RequestTarget(parsing: request.target)
        let matches = routes.compactMap { route in route.pattern.match(target.segments).map { (route, $0) } }
        guard !matches.isEmpty else { throw APIError(.notFound, "there is nothing at this path") }
        let allowed = Self.methods(of: matches.map(\.0))
        if request.method == .options { return .response(options(allowed)) }
        guard let (route, parameters) = matches.first(where: { $0.0.answers(request.method) }) else {
            throw APIError(.methodNotAllowed, "this path takes \(HTTPMethod.list(allowed))", allowed: allowed)
        }
        let principal = try await authenticator.authenticate(request, for: route)
        if !route.isAlwaysAvailable { try checkAvailability(request) }
        let context = RequestContext(
            principal: principal, service: service, configuration: configuration, statistics: statistics,
            query: try QueryReader(
                target.query, names: route.query.map(\.name), ignoringOthers: route.isStream || route.access == .open),
            body: try RequestBody(maximumBytes: configuration.maximumBodyBytes).read(request, for: route),
            parameters: parameters)
        do {
            return try await run(route, request, context)
        } catch {
            let refusal = apiError(error, request)
            authenticator.auditRefusal(refusal, of: request, for: route, to: principal)
            throw refusal
        }
    }

    private func run(_ route: Route, _ request: HTTPRequest, _ context: RequestContext) async throws -> RouterOutcome {
        switch route.handler {
        case .reply(let reply): return .response(try await reply(context))
        case .stream(let target): return .stream(try stream(target(context), request, context))
        }
    }

    /// The header is what a browser sends when it reconnects by itself, so it is newer than what is in the URL.
    private func stream(
        _ target: StreamTarget, _ request: HTTPRequest, _ context: RequestContext
    ) -> StreamOpening {
        let lastEventID = request[.lastEventID] ?? context.query.text("last_event_id")
        return StreamOpening(
            target: target, lastEventID: lastEventID, headers: [], peer: request.peer,
            isOverLimit: request.isOverLimit)
    }

    private func checkAvailability(_ request: HTTPRequest) throws(APIError) {
        if request.isOverLimit { throw .overloaded }
        switch service.phase {
        case .ready: break
        case .starting: throw .starting
        case .draining: throw .draining
        }
    }

    private func options(_ methods: [HTTPMethod]) -> HTTPResponse {
        HTTPResponse(
            status: 204,
            headers: [("Allow", HTTPMethod.list(methods))] + crossOrigin.preflightHeaders(allowing: methods))
    }

    private func finish(_ response: HTTPResponse, _ crossOriginHeaders: [HTTPResponse.Header]) -> HTTPResponse {
        var response = response
        response.headers += crossOriginHeaders
        response.headers.append(("X-Content-Type-Options", "nosniff"))
        if response.header("Cache-Control") == nil { response.headers.append(("Cache-Control", "no-store")) }
        return response
    }

    private func apiError(_ error: any Error, _ request: HTTPRequest) -> APIError {
        switch error {
        case let error as APIError: return error
        case let error as ServiceError: return APIError(error)
        default:
            let action = "\(request.method?.rawValue ?? "?") \(request.target.prefix { $0 != "?" })"
            log.error("request failed", metadata: ["request": "\(action)", "error": "\(error)"])
            return APIError(.internalError, "something went wrong in the gateway; its log says what")
        }
    }

    /// What the path takes: HEAD wherever there is a GET that ends, and OPTIONS always.
    private static func methods(of routes: [Route]) -> [HTTPMethod] {
        let answered = HTTPMethod.allCases.filter { method in routes.contains { $0.answers(method) } }
        return answered + [.options]
    }
}

extension Route {
    func answers(_ method: HTTPMethod?) -> Bool {
        method == self.method || (method == .head && self.method == .get && !isStream)
    }
}
