package import Logging
package import Model
import Reactor
package import Service

/// Takes a request through path, method, caller, gateway state, query and body to its handler. Knows nothing of
/// sockets. May be used from any thread.
package struct Router: Sendable {
    package let routes: [Route]
    private let index: RouteIndex
    private let service: any GatewayService
    private let configuration: APIConfiguration
    private let authenticator: Authenticator
    private let crossOrigin: CrossOrigin
    private let log: Logger
    private let clock: @Sendable () -> WallTime
    /// Of the listeners that use this router, for `/metrics`.
    package let statistics: HTTPStatistics

    package init(
        service: any GatewayService, configuration: APIConfiguration, log: Logger,
        statistics: HTTPStatistics = HTTPStatistics(), clock: @escaping @Sendable () -> WallTime = systemClock
    ) {
        self.statistics = statistics
        routes = RouteTable.routes(for: configuration)
        index = RouteIndex(routes)
        self.service = service
        self.configuration = configuration
        authenticator = Authenticator(
            verifier: service, audit: service, browserGuard: BrowserGuard(corsOrigins: configuration.corsOrigins))
        crossOrigin = CrossOrigin(origins: configuration.corsOrigins)
        self.log = log
        self.clock = clock
    }

    package static let systemClock: @Sendable () -> WallTime = {
        WallTime(millisecondsSince1970: Int64(SystemClock.wallMilliseconds))
    }

    package func handle(_ request: HTTPRequest) async -> RouterOutcome {
        switch begin(request) {
        case .outcome(let outcome): outcome
        case .waiting(let match): await handle(request, match)
        }
    }

    /// The first half of `handle`, which suspends nowhere. It answers what waits for nobody: streams whose path is the
    /// right to read them, routes that answer at once, and whatever is no request for this API.
    package func begin(_ request: HTTPRequest) -> RoutedRequest {
        do {
            switch try find(request) {
            case .redirect(let path):
                return .outcome(.response(finish(HTTPResponse(status: 308, headers: [("Location", path)]), request)))
            case .options(let methods): return .outcome(.response(finish(options(methods), request)))
            case .route(let match):
                return match.route.waitsForNobody ? .outcome(begin(request, match)) : .waiting(match)
            }
        } catch {
            return .outcome(.response(finish(error.response, request)))
        }
    }

    private func begin(_ request: HTTPRequest, _ match: RouteMatch) -> RouterOutcome {
        do {
            return finish(try answerAtOnce(request, match), request, match.route.age)
        } catch {
            return refuse(error, request, match.route)
        }
    }

    /// The second half, for what is `.waiting`.
    package func handle(_ request: HTTPRequest, _ match: RouteMatch) async -> RouterOutcome {
        do {
            return finish(try await dispatch(request, match), request, match.route.age)
        } catch {
            return refuse(error, request, match.route)
        }
    }

    private enum Found {
        case options([HTTPMethod])
        case redirect(String)
        case route(RouteMatch)
    }

    private func find(_ request: HTTPRequest) throws(APIError) -> Found {
        if request.method == .options, request.target == "*" { return .options(HTTPMethod.allCases) }
        let target = try RequestTarget(parsing: request.target)
        if configuration.pathPrefix.isWithoutSlash(target.segments) { return .redirect("/") }
        let matches = index.routes(at: configuration.pathPrefix.removed(from: target.segments))
        guard !matches.isEmpty else { throw APIError(.notFound, "there is nothing at this path") }
        if let (route, parameters) = matches.first(where: { $0.route.answers(request.method) }) {
            return .route(RouteMatch(route: route, parameters: parameters, query: target.query))
        }
        let allowed = Self.methods(of: matches.map(\.route))
        if request.method == .options { return .options(allowed) }
        throw APIError(.methodNotAllowed, "this path takes \(HTTPMethod.list(allowed))", allowed: allowed)
    }

    private func answerAtOnce(_ request: HTTPRequest, _ match: RouteMatch) throws -> RouterOutcome {
        let context = try context(request, match, for: Authenticator.nobody)
        switch match.route.handler {
        case .immediate(let reply): return .response(try reply(context))
        case .stream(let target): return .stream(stream(try target(context), request, context))
        case .reply, .awaitedStream: preconditionFailure("\(match.route.pattern) has to be waited for")
        }
    }

    private func dispatch(_ request: HTTPRequest, _ match: RouteMatch) async throws -> RouterOutcome {
        let route = match.route
        let principal = try await authenticator.authenticate(request, for: route)
        if !route.isAlwaysAvailable { try checkAvailability(request) }
        let context = try context(request, match, for: principal)
        do {
            switch route.handler {
            case .reply(let reply): return .response(try await reply(context))
            case .immediate(let reply): return .response(try reply(context))
            case .stream(let target): return .stream(stream(try target(context), request, context))
            case .awaitedStream(let target):
                // Nothing is asked of a gateway that would not say yes: the client is to come back.
                if let error = unavailability(request) { return .response(.comeBack(error.message)) }
                return .stream(stream(try await target(context), request, context, withDetails: route.age.hasDetails))
            }
        } catch {
            let refusal = apiError(error, request)
            authenticator.auditRefusal(refusal, of: request, for: route, to: principal)
            throw refusal
        }
    }

    private func context(
        _ request: HTTPRequest, _ match: RouteMatch, for principal: Principal
    ) throws(APIError) -> RequestContext {
        let route = match.route
        return RequestContext(
            principal: principal, request: request, service: service, configuration: configuration,
            statistics: statistics,
            now: clock(),
            query: try QueryReader(
                match.query, names: route.query.map(\.name), ignoringOthers: route.isStream || route.access == .open),
            body: try RequestBody(maximumBytes: configuration.maximumBodyBytes).read(request, for: route),
            parameters: match.parameters)
    }

    /// The header is what a browser sends when it reconnects by itself, so it is newer than what is in the URL.
    private func stream(
        _ target: StreamTarget, _ request: HTTPRequest, _ context: RequestContext, withDetails: Bool = false
    ) -> StreamOpening {
        let lastEventID = request[.lastEventID] ?? context.query.text("last_event_id")
        return StreamOpening(
            target: target, lastEventID: lastEventID, headers: [], peer: request.peer,
            hasDetails: withDetails, isOverLimit: request.isOverLimit)
    }

    private func checkAvailability(_ request: HTTPRequest) throws(APIError) {
        if let error = unavailability(request) { throw error }
    }

    /// Why nothing can be asked of the gateway now.
    private func unavailability(_ request: HTTPRequest) -> APIError? {
        if request.isOverLimit { return .overloaded }
        switch service.phase {
        case .ready: return nil
        case .starting: return .starting
        case .draining: return .draining
        }
    }

    private func options(_ methods: [HTTPMethod]) -> HTTPResponse {
        HTTPResponse(
            status: 204,
            headers: [("Allow", HTTPMethod.list(methods))] + crossOrigin.preflightHeaders(allowing: methods))
    }

    private func refuse(_ error: any Error, _ request: HTTPRequest, _ route: Route) -> RouterOutcome {
        let response = apiError(error, request).response(withDetails: route.age.hasDetails)
        return .response(finish(response, request, route.age))
    }

    private func finish(_ outcome: RouterOutcome, _ request: HTTPRequest, _ age: RouteAge) -> RouterOutcome {
        switch outcome {
        case .response(let response): return .response(finish(response, request, age))
        case .stream(var stream):
            stream.headers += crossOrigin.headers(for: request) + age.headers(configuration.pathPrefix)
            return .stream(stream)
        }
    }

    private func finish(_ response: HTTPResponse, _ request: HTTPRequest, _ age: RouteAge = .current) -> HTTPResponse {
        var response = response
        if let location = response.headers.firstIndex(where: { $0.name == "Location" }) {
            response.headers[location].value = configuration.pathPrefix.path(response.headers[location].value)
        }
        response.headers += crossOrigin.headers(for: request) + age.headers(configuration.pathPrefix)
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
