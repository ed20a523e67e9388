import Model
import Service

/// Finds out who is calling and whether the route is for them. Each refusal is audited.
struct Authenticator: Sendable {
    let verifier: any TokenVerifier
    let audit: any AuditLog
    let browserGuard: BrowserGuard

    /// - Returns: who is calling; on open routes nobody in particular, with no rights beyond looking.
    func authenticate(_ request: HTTPRequest, for route: Route) async throws(APIError) -> Principal {
        guard case .atLeast(let role) = route.access else { return Self.nobody }
        guard verifier.hasTokens else {
            try checkBrowser(request, route)
            return .anonymousAdmin
        }
        let principal = try await principal(of: request, for: route)
        guard principal.role >= role else {
            let error = APIError(
                .forbidden, "this needs the role \(role.rawValue), and the token has \(principal.role.rawValue)")
            auditRefusal(error, of: request, for: route, to: principal)
            throw error
        }
        return principal
    }

    /// Takes down an answer that says that the caller may not; others are no concern of the audit.
    func auditRefusal(_ error: APIError, of request: HTTPRequest, for route: Route, to principal: Principal) {
        guard error.code == .forbidden || error.code == .notAllowedByAgent else { return }
        record(.forbidden, error.message, principal.token, request, route)
    }

    private func checkBrowser(_ request: HTTPRequest, _ route: Route) throws(APIError) {
        do {
            try browserGuard.check(request)
        } catch {
            auditRefusal(error, of: request, for: route, to: Self.nobody)
            throw error
        }
    }

    private func principal(of request: HTTPRequest, for route: Route) async throws(APIError) -> Principal {
        guard let header = request[.authorization] else { return try await loggedIn(request, for: route) }
        guard let token = Self.bearerToken(in: header) else {
            throw unauthorized("the Authorization header is not of the form Bearer TOKEN", request, route)
        }
        do {
            return try await verifier.principal(bearing: token)
        } catch {
            throw unauthorized(error.reason, request, route, of: error.token)
        }
    }

    /// By the cookie of `POST /login`.
    private func loggedIn(_ request: HTTPRequest, for route: Route) async throws(APIError) -> Principal {
        guard let token = request[.cookie].flatMap(TokenCookie.token) else {
            throw unauthorized("this needs a token: send the header Authorization: Bearer TOKEN", request, route)
        }
        let principal: Principal
        do {
            principal = try await verifier.principal(bearing: token)
        } catch {
            throw unauthorized("log in again: \(error.reason)", request, route, of: error.token)
        }
        guard route.method.isSafe || BrowserGuard.comesFromOwnPage(request) else {
            let error = APIError(
                .forbidden,
                "with a cookie only pages of the gateway may change something: send the token in Authorization")
            auditRefusal(error, of: request, for: route, to: principal)
            throw error
        }
        return principal
    }

    private func unauthorized(
        _ reason: String, _ request: HTTPRequest, _ route: Route, of token: TokenName? = nil
    ) -> APIError {
        record(.unauthenticated, reason, token, request, route)
        return APIError(.unauthorized, reason)
    }

    private func record(
        _ outcome: AuditEntry.Outcome, _ reason: String, _ token: TokenName?, _ request: HTTPRequest, _ route: Route
    ) {
        let action = "\(route.method.rawValue) \(route.pattern)"
        audit.record(AuditEntry(outcome: outcome, token: token, peer: request.peer, action: action, reason: reason))
    }

    /// The scheme compares without case; the token is visible ASCII without spaces.
    static func bearerToken(in header: String) -> String? {
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        guard parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        return String(parts[1])
    }

    /// Who calls a route that asks nobody for a token.
    static let nobody = Principal(token: nil, role: .viewer, scope: .all, expires: nil)
}
