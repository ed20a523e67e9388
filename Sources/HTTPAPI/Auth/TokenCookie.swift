/// The cookie that `POST /login` sets: the token itself, where no program of a page can read it. The gateway keeps
/// nothing, so a token that is revoked is of no use in a cookie either.
enum TokenCookie {
    static let name = "sluice_token"
    /// Browsers drop a cookie whose name and value have more than 4 096 bytes (RFC 6265, 6.1).
    static let maximumTokenBytes = 4_000

    /// The token in a `Cookie` header.
    static func token(in header: String) -> String? {
        for pair in header.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { continue }
            return isValue(parts[1]) ? String(parts[1]) : nil
        }
        return nil
    }

    /// Whether it can stand in a cookie as it is: cookie-octets of RFC 6265, 4.1.1.
    static func isValue(_ token: some StringProtocol) -> Bool {
        !token.isEmpty && token.utf8.count <= maximumTokenBytes
            && token.utf8.allSatisfy { (0x21...0x7E).contains($0) && !excluded.contains($0) }
    }

    private static let excluded = Set("\",;\\".utf8)

    /// - Parameters:
    ///   - seconds: how long the browser keeps it; nil: until it is closed.
    ///   - isSecure: the browser sends it over HTTPS alone.
    ///   - prefix: the browser sends it below that path alone.
    static func setting(
        _ token: String, forSeconds seconds: Int?, isSecure: Bool, below prefix: PathPrefix
    ) -> HTTPResponse.Header {
        header(token, prefix, (seconds.map { "; Max-Age=\($0)" } ?? "") + (isSecure ? "; Secure" : ""))
    }

    static func clearing(below prefix: PathPrefix) -> HTTPResponse.Header { header("", prefix, "; Max-Age=0") }

    private static func header(_ value: String, _ prefix: PathPrefix, _ attributes: String) -> HTTPResponse.Header {
        ("Set-Cookie", "\(name)=\(value); Path=\(prefix.path("/")); HttpOnly; SameSite=Strict\(attributes)")
    }
}
