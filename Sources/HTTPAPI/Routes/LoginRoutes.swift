import Model
import Service

extension RouteTable {
    /// For pages: a token goes into a cookie, which the browser sends along with what EventSource asks for too.
    static let loginRoutes: [Route] = [
        Route(
            .post, "/login", .open, "Keep a token in a cookie, for pages of the gateway",
            body: .json(schema: "LoginRequest"), response: nil, errors: [.unauthorized, .forbidden, .invalidField],
            reply: login),
        // Whoever has no cookie, or one of a token that has ended, is logged out too.
        Route(
            .post, "/logout", .open, "Forget the cookie", response: nil, errors: [.forbidden], always: true
        ) { context in
            try context.refuseForeignPage()
            return HTTPResponse(status: 204, headers: [TokenCookie.clearing(below: context.configuration.pathPrefix)])
        },
    ]

    private static let login: Route.Reply = { context in
        try context.refuseForeignPage()
        let fields = try context.bodyFields(["token"])
        let token = try fields.required(
            "token", try fields.text("token", maximumBytes: TokenCookie.maximumTokenBytes))
        guard context.service.hasTokens else { return .noContent }
        let principal = try await context.principal(bearing: token)
        let seconds = principal.expires.map {
            max(0, Int($0.millisecondsSince1970 - context.now.millisecondsSince1970) / 1_000)
        }
        let isSecure = context.configuration.isSecure || context.request[.origin]?.hasPrefix("https://") == true
        let cookie = TokenCookie.setting(
            token, forSeconds: seconds, isSecure: isSecure, below: context.configuration.pathPrefix)
        return HTTPResponse(status: 204, headers: [cookie])
    }
}

extension RequestContext {
    /// - Throws: 401 for a token that is none; that is audited.
    fileprivate func principal(bearing token: String) async throws(APIError) -> Principal {
        let refusal: TokenRefusal
        do throws(TokenRefusal) {
            guard TokenCookie.isValue(token) else { throw TokenRefusal.unknown }
            return try await service.principal(bearing: token)
        } catch {
            refusal = error
        }
        service.record(
            AuditEntry(
                outcome: .unauthenticated, token: refusal.token, peer: request.peer, action: "POST /login",
                reason: refusal.reason))
        throw APIError(.unauthorized, refusal.reason)
    }

    /// - Throws: 403 for a call that the browser makes for a page that is not the gateway's own. It would not keep the
    ///   cookie, or lose one that it does not see.
    fileprivate func refuseForeignPage() throws(APIError) {
        guard BrowserGuard.comesFromElsewhere(request) else { return }
        throw APIError(.forbidden, "only a page of the gateway itself can log in and out: others send the token along")
    }
}
