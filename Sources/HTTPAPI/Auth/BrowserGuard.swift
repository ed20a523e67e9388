/// Keeps foreign web pages out of a gateway that asks nobody for a token: a page anywhere can make the browser of
/// somebody on this machine call 127.0.0.1. With tokens this is not needed, since a foreign page has none to send.
struct BrowserGuard: Sendable {
    let corsOrigins: [String]

    /// - Throws: 403 for a call that a browser makes on behalf of a page of another site.
    func check(_ request: HTTPRequest) throws(APIError) {
        guard Self.isUnbindable(host: request[.host]) || isAllowed(host: request[.host]) else {
            throw APIError(
                .forbidden,
                "this gateway has no tokens, so it answers only as localhost or by its IP address: create a token")
        }
        guard let method = request.method, !method.isSafe, isForeign(request) else { return }
        throw APIError(.forbidden, "this call comes from a web page of another site: allow it with --cors-origin")
    }

    private func isForeign(_ request: HTTPRequest) -> Bool {
        if let origin = request[.origin], allows(origin) || Self.isOwn(origin, request) { return false }
        switch request[.secFetchSite] {
        case "same-origin", "none": return false
        case nil: return request[.origin] != nil
        default: return true
        }
    }

    /// Whether a browser says that a page of the gateway itself makes this call: what it takes to change something by a
    /// cookie, which the browser sends along whoever asks. Programs that are no browsers do not say so.
    static func comesFromOwnPage(_ request: HTTPRequest) -> Bool {
        // First, because a proxy may have changed the Host that Origin is compared with.
        if let site = request[.secFetchSite] { return site == "same-origin" }
        return request[.origin].map { isOwn($0, request) } ?? false
    }

    /// Whether a browser says that a page of somebody else makes it.
    static func comesFromElsewhere(_ request: HTTPRequest) -> Bool {
        (request[.origin] != nil || request[.secFetchSite] != nil) && !comesFromOwnPage(request)
    }

    private static func isOwn(_ origin: String, _ request: HTTPRequest) -> Bool {
        guard let host = request[.host] else { return false }
        return origin == "http://" + host || origin == "https://" + host
    }

    private func allows(_ origin: String) -> Bool { corsOrigins.contains("*") || corsOrigins.contains(origin) }

    private func isAllowed(host: String?) -> Bool {
        host.map { host in corsOrigins.contains { $0.hasSuffix("://" + host) } } ?? true
    }

    /// Whether a name server of somebody else cannot make this name point here: IP addresses, `localhost`, and names
    /// without a dot, which only this network's own name server knows.
    private static func isUnbindable(host: String?) -> Bool {
        guard let host else { return true }  // no browser leaves it out
        if host.hasPrefix("[") { return true }
        let name = host.prefix { $0 != ":" }.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        if !name.isEmpty, !name.contains(".") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
