/// Tells browsers which foreign pages may read the answers.
struct CrossOrigin: Sendable {
    let origins: [String]

    /// For every answer to this request.
    func headers(for request: HTTPRequest) -> [HTTPResponse.Header] {
        guard !origins.isEmpty else { return [] }
        if origins.contains("*") { return [("Access-Control-Allow-Origin", "*"), Self.readable] }
        guard let origin = request[.origin], origins.contains(origin) else { return [("Vary", "Origin")] }
        return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), Self.readable]
    }

    /// Without it scripts of the page see none of these.
    private static let readable: HTTPResponse.Header = (
        "Access-Control-Expose-Headers", "Retry-After, Deprecation, Link, Sluice-Truncated"
    )

    /// In addition, for the answer to OPTIONS.
    func preflightHeaders(allowing methods: [HTTPMethod]) -> [HTTPResponse.Header] {
        guard !origins.isEmpty else { return [] }
        return [
            ("Access-Control-Allow-Methods", HTTPMethod.list(methods)),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID"),
            ("Access-Control-Max-Age", "600"),
        ]
    }
}
