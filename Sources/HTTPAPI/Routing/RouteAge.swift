/// Whether a route is of the API before this one, which is kept working.
package enum RouteAge: Sendable, Equatable {
    case current
    /// Kept as it was: errors have `details` as well.
    case kept
    /// Kept, and not to be used by anything new: `Deprecation` and `Link` headers say so.
    case replaced(by: String)

    var hasDetails: Bool { self != .current }

    /// Of every answer.
    func headers(_ prefix: PathPrefix) -> [HTTPResponse.Header] {
        guard case .replaced(let path) = self else { return [] }
        return [
            ("Deprecation", "@\(Self.deprecatedSince)"), ("Link", "<\(prefix.path(path))>; rel=\"successor-version\""),
        ]
    }

    /// 2025-01-29, in seconds since 1970, as RFC 9745 has it: when subscriptions were specified.
    private static let deprecatedSince = 1_738_108_800
}
