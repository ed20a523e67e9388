/// Alternatives between `|`, each with any number of `*` that stand for any text. ASCII letters match in both cases.
/// Matching never backtracks over more than the last `*`, so its cost is bounded by text × pattern.
package struct TextPattern: Hashable, Sendable {
    private let alternatives: [[UInt8]]

    package init(_ text: String) {
        alternatives = text.utf8.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
            .map { $0.map(Self.lowercased) }
    }

    package func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in alternatives.contains { Self.matches(bytes, $0) } }
    }

    private static func matches(_ text: UnsafeBufferPointer<UInt8>, _ pattern: [UInt8]) -> Bool {
        var (at, next) = (0, 0)
        /// After the last star: where the pattern goes on, and from where the text is tried.
        var retry: (pattern: Int, text: Int)?
        while at < text.count {
            if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
                next += 1
                retry = (next, at)
            } else if next < pattern.count, pattern[next] == lowercased(text[at]) {
                next += 1
                at += 1
            } else if let star = retry {
                retry = (star.pattern, star.text + 1)
                (next, at) = (star.pattern, star.text + 1)
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}
