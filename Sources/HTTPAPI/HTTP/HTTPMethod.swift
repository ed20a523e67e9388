package enum HTTPMethod: String, Sendable, Comparable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case options = "OPTIONS"
    case patch = "PATCH"

    /// Whether a request with it leaves everything as it was.
    package var isSafe: Bool { self == .get || self == .head || self == .options }

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
