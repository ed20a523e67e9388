import Model

/// What an event has to match, as people write it in one line:
///
///     oom_kill                              the kind of an event; in logs, text that the message contains
///     out of memory                         text that the message contains
///     level=ERROR|FATAL component=docker    fields with their patterns, which may have spaces
///
/// Patterns are those of `EventCondition`. A field is one of `fieldNames`; others need the form of an object.
enum MatchText {
    static let maximumBytes = 1_024
    private static let fieldNames: Set<Substring> = [
        "level", "component", "message", "source", "kind", "severity", "unit",
    ]

    /// Nil when nothing is asked for, a pattern is empty, or a field occurs twice.
    static func parse(_ text: String, for source: AlertSource) -> [String: String]? {
        var match: [String: String] = [:]
        for part in parts(text) {
            let pattern = part.words.joined(separator: " ")
            guard !pattern.isEmpty else { return nil }
            let (field, value) = part.field.map { (String($0), pattern) } ?? unnamed(pattern, source)
            guard match.updateValue(value, forKey: field) == nil else { return nil }
        }
        return match.isEmpty ? nil : match
    }

    /// The words up to the first field, and each field with the words up to the next one.
    private static func parts(_ text: String) -> [(field: Substring?, words: [Substring])] {
        var parts: [(field: Substring?, words: [Substring])] = []
        for word in text.split(separator: " ") {
            let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2, fieldNames.contains(pair[0]) {
                parts.append((pair[0], pair[1].isEmpty ? [] : [pair[1]]))
            } else if parts.isEmpty {
                parts.append((nil, [word]))
            } else {
                parts[parts.count - 1].words.append(word)
            }
        }
        return parts
    }

    private static func unnamed(_ text: String, _ source: AlertSource) -> (field: String, pattern: String) {
        if source != .logs, text.utf8.allSatisfy(isOfKind) { return ("kind", text) }
        let alternatives = text.split(separator: "|", omittingEmptySubsequences: false)
        return ("message", alternatives.map { "*\($0)*" }.joined(separator: "|"))
    }

    /// Kinds are words like `oom_kill`; patterns of them also have `*` and `|`.
    private static func isOfKind(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "*"), UInt8(ascii: "|"):
            true
        default: false
        }
    }
}
