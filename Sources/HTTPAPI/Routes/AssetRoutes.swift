extension RouteTable {
    /// The console at `/` and what it loads, and the library for pages of others. Nothing is inline, and nothing comes
    /// from elsewhere.
    static func assetRoutes(_ configuration: APIConfiguration) -> [Route] {
        [
            asset("/", "The console", "text/html; charset=utf-8", Assets.indexHTML),
            asset("/assets/console.css", "Style of the console", "text/css; charset=utf-8", Assets.consoleCSS),
            asset("/assets/console.js", "Program of the console", javaScript, Assets.consoleJS),
            chartRoute(ChartLibrary(path: configuration.chartLibraryPath)),
            asset("/favicon.ico", "Icon of the console", "image/svg+xml", Assets.iconSVG),
            asset("/client/sluice.js", "The client library, an ES module", javaScript, Assets.clientJS),
            asset(
                "/client/sluice.d.ts", "The client library's types", "text/plain; charset=utf-8", Assets.clientTypes),
        ]
    }

    private static let javaScript = "text/javascript; charset=utf-8"

    private static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private static func asset(
        _ pattern: PathPattern, _ summary: String, _ contentType: String, _ text: String
    ) -> Route {
        let response = response(contentType, Array(text.utf8))
        return Route(.get, pattern, .open, summary, response: contentType, always: true) { _ in response }
    }

    private static func chartRoute(_ library: ChartLibrary) -> Route {
        Route(
            .get, "/assets/chart.js", .open, "Chart.js, where this machine has it", response: javaScript,
            errors: [.notFound], always: true
        ) { _ in
            guard let bytes = library.read() else {
                throw APIError(
                    .notFound, "there is no Chart.js on this machine: apt install \(ChartLibrary.package)")
            }
            return response(javaScript, bytes)
        }
    }

    private static func response(_ contentType: String, _ bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            headers: [
                ("Content-Type", contentType), ("Content-Security-Policy", contentSecurityPolicy),
                ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-cache"),
            ],
            body: bytes)
    }
}
