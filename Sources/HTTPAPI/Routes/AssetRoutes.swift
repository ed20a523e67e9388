extension RouteTable {
    /// The page at `/` and what it loads. Nothing is inline, and nothing comes from elsewhere.
    static let assetRoutes: [Route] = [
        asset("/", "A page to look at an agent and run a command", "text/html; charset=utf-8", Assets.indexHTML),
        asset("/assets/app.css", "Style of the page", "text/css; charset=utf-8", Assets.appCSS),
        asset("/assets/app.js", "Program of the page", "text/javascript; charset=utf-8", Assets.appJS),
        asset("/favicon.ico", "Icon of the page", "image/svg+xml", Assets.iconSVG),
    ]

    private static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private static func asset(
        _ pattern: PathPattern, _ summary: String, _ contentType: String, _ text: String
    ) -> Route {
        let response = HTTPResponse(
            status: 200,
            headers: [
                ("Content-Type", contentType), ("Content-Security-Policy", contentSecurityPolicy),
                ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-cache"),
            ],
            body: Array(text.utf8))
        return Route(.get, pattern, .open, summary, response: contentType, always: true) { _ in response }
    }
}
