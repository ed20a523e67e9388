import Model

/// The level of a line that does not say it, from its words. A word counts only where it stands as a word of prose and
/// is not denied: `0 errors`, `no error`, `error_count=0`, `failed=0`, `errors: 0`, `/var/log/error.log` and `error
/// handler` say nothing.
struct LevelWords {
    private(set) var level: LogLevel?

    /// `keyword` ends at `end` of `text`.
    mutating func note(_ keyword: Keyword, endingAt end: Int, in text: ByteText) {
        guard let found = Self.level(of: keyword), level.map({ $0 < found }) ?? true else { return }
        let start = end - keyword.text.utf8CodeUnitCount
        guard Self.stands(keyword, text, start, end), !Self.isDenied(text, start, end) else { return }
        if keyword == .panic || keyword == .fatal, !Self.isShouted(text, start, end) {
            level = .error
        } else {
            level = found
        }
    }

    private static func level(of keyword: Keyword) -> LogLevel? {
        switch keyword {
        case .fatal, .panic: .fatal
        case .error, .failed, .failure, .exception, .traceback, .segfault, .denied, .refused, .unable, .cannot,
            .couldNot, .panicked,
            .outOfMemory, .noSpace, .oomKilled:
            .error
        case .critical: .error
        case .warn, .deprecated, .timedOut, .timeout, .retrying: .warn
        default: nil
        }
    }

    /// `FATAL`, `fatal:`, `panic:`, `Kernel panic`: rather than "panic button".
    private static func isShouted(_ text: ByteText, _ start: Int, _ end: Int) -> Bool {
        text[end] == UInt8(ascii: ":") || text.slice(start, end).buffer.allSatisfy(\.isUppercase)
            || text.hasIgnoringCase("kernel ", at: start - 7) || text.hasIgnoringCase(" error", at: end)
    }

    /// Whether it is a word of its own, or the end of a type's name (`KeyError`, `NullPointerException`).
    private static func stands(_ keyword: Keyword, _ text: ByteText, _ start: Int, _ end: Int) -> Bool {
        let before = text[start - 1]
        if before.isWord || before == UInt8(ascii: "-") || before == UInt8(ascii: "/") || before == UInt8(ascii: ".") {
            let isTypeName = (keyword == .error || keyword == .exception) && text[start].isUppercase && before.isLetter
            let isQualified = before == UInt8(ascii: ".") && text[start].isUppercase
            guard isTypeName || isQualified else { return false }
        }
        return ends(keyword, text, end)
    }

    private static func ends(_ keyword: Keyword, _ text: ByteText, _ end: Int) -> Bool {
        var end = end
        if keyword == .warn, text.hasIgnoringCase("ing", at: end) { end += 3 }
        if keyword == .warn, text.hasIgnoringCase("ed", at: end) { return false }
        if text[end].lowercased == UInt8(ascii: "s") { end += 1 }
        let after = text[end]
        if after.isWord || after == UInt8(ascii: "-") || after == UInt8(ascii: "/") { return false }
        if after == UInt8(ascii: "."), text[end + 1].isWord { return false }
        return true
    }

    private static func isDenied(_ text: ByteText, _ start: Int, _ end: Int) -> Bool {
        isDeniedBefore(text, start) || isDeniedAfter(text, end)
    }

    private static let denials: [StaticString] = [
        "any", "if", "ignore", "ignoring", "ignored", "on", "not", "never",
    ]
    /// These also deny what comes after one more word: `0 parse errors`, `no fatal errors`.
    private static let farDenials: [StaticString] = ["no", "0", "zero", "without"]

    private static func isDeniedBefore(_ text: ByteText, _ start: Int) -> Bool {
        var end = start
        for distance in 1...2 {
            while end > 0, text[end - 1] == 0x20 || text[end - 1] == UInt8(ascii: "\"") { end -= 1 }
            var wordStart = end
            while wordStart > 0, text[wordStart - 1].isWord { wordStart -= 1 }
            let word = text.slice(wordStart, end)
            if farDenials.contains(where: { word.equalsIgnoringCase($0) }) { return true }
            if distance == 1, denials.contains(where: { word.equalsIgnoringCase($0) }) { return true }
            guard wordStart > 0, text[wordStart - 1] == 0x20 else { return false }
            end = wordStart
        }
        return false
    }

    private static let harmless: [StaticString] = [
        " handler", " handling", " rate", " log", " page", " report", " recovery", " code 0", " code: 0", " code=0",
        " count", " budget", " message", " correction", " is not", " free",
    ]

    /// By what follows: a zero, or a word that makes it the name of a thing.
    private static func isDeniedAfter(_ text: ByteText, _ end: Int) -> Bool {
        var end = end
        if text[end].lowercased == UInt8(ascii: "s") { end += 1 }
        if harmless.contains(where: { text.hasIgnoringCase($0, at: end) }) { return true }
        while text[end] == UInt8(ascii: "\"") || text[end] == 0x20 { end += 1 }
        guard text[end] == UInt8(ascii: "=") || text[end] == UInt8(ascii: ":") else { return false }
        end += 1
        while text[end] == UInt8(ascii: "\"") || text[end] == 0x20 { end += 1 }
        // An empty text, list or object, of JSON.
        if text[end] == UInt8(ascii: ",") || text[end] == UInt8(ascii: "}") || text.has("[]", at: end)
            || text.has("{}", at: end)
        {
            return true
        }
        if text[end] == UInt8(ascii: "0"), !text[end + 1].isWord, text[end + 1] != UInt8(ascii: ".") { return true }
        return text.hasIgnoringCase("none", at: end) || text.hasIgnoringCase("null", at: end)
            || text.hasIgnoringCase("nil", at: end) || text.hasIgnoringCase("false", at: end)
            || text.hasIgnoringCase("no ", at: end) || text.hasIgnoringCase("<nil>", at: end)
    }
}
