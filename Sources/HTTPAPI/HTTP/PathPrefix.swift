/// What stands before every path where the gateway shares a host name with others: `/sluice`.
///
/// Requests count with it and without it, so a proxy may pass it on or cut it off; what the gateway says of its own paths
/// has it.
package struct PathPrefix: Sendable, Equatable {
    /// Empty, or with a slash at its beginning and none at its end.
    package let text: String
    private let segments: [String]

    package static let none = PathPrefix("/")!

    /// - Parameter text: `/sluice` or `/tools/sluice/`; nil where it has anything but letters, digits and `-._~` between
    ///   its slashes, or more than 255 bytes.
    package init?(_ text: String) {
        guard text.hasPrefix("/"), text.utf8.count <= 255 else { return nil }
        let trimmed = text.hasSuffix("/") ? text.dropLast() : text[...]
        segments = trimmed.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard segments.allSatisfy(Self.isSegment) else { return nil }
        self.text = String(trimmed)
    }

    private static func isSegment(_ segment: String) -> Bool {
        !segment.isEmpty && segment != "." && segment != ".."
            && segment.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._~".contains($0)) }
    }

    /// A path of the gateway as the world sees it.
    package func path(_ path: String) -> String { text + path }

    /// The segments of a request's path without the prefix, if they had it.
    func removed(from path: [String]) -> [String] {
        guard !segments.isEmpty, path.starts(with: segments) else { return path }
        let rest = Array(path.dropFirst(segments.count))
        return rest == [""] ? [] : rest
    }

    /// Whether it is the path of the console without the slash that the page's relative links need.
    func isWithoutSlash(_ path: [String]) -> Bool { !segments.isEmpty && path == segments }
}
