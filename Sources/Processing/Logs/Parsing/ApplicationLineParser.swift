import Model

/// A date, then in any order what loggers put before a message: the level (bare, in brackets, before a colon), a thread
/// or module in brackets, a process number, a logger's name, separators.
///
///     2026-11-23 15:33:06,703 ERROR [orders.api] request 7f3a failed
///     2026-11-23T15:33:06.703Z  WARN 4711 --- [main] c.a.orders.Api : slow
///     [2026-11-23 15:33:06] production.ERROR: broken
///     2026/11/23 15:33:52 starting worker 3
enum ApplicationLineParser {
    /// A header is no longer than so many words.
    private static let maximumWords = 8

    static func parse(_ text: ByteText, _ context: TimeContext, into parsed: inout ParsedLog) -> Bool {
        let isBracketed = text[0] == UInt8(ascii: "[")
        guard let time = LineTime(calendarIn: text, at: isBracketed ? 1 : 0, context: context) else { return false }
        var position = time.end
        if isBracketed {
            guard text[position] == UInt8(ascii: "]") else { return false }
            position += 1
        }
        guard text[position].isSpace || isSeparator(text[position]) || text[position] == UInt8(ascii: "[") else {
            return false
        }
        parsed.format = .application
        parsed.timestamp = time.time
        var header = Header(text: text, position: position)
        header.read(maximumWords: maximumWords)
        parsed.level = header.level
        if let component = header.component { parsed.setComponent(component, in: text) }
        parsed.setMessage(text.from(header.position), in: text)
        return true
    }

    static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "|") || byte == UInt8(ascii: ":")
    }
}

/// Reads words as long as they can belong to a header; `position` stays before the first one that cannot.
private struct Header {
    let text: ByteText
    var position: Int
    var level: LogLevel?
    var component: ByteText?
    /// The component was in brackets: a name that stands behind the level says it better.
    private var componentIsThread = false

    init(text: ByteText, position: Int) {
        self.text = text
        self.position = position
    }

    mutating func read(maximumWords: Int) {
        skipSeparators()
        for _ in 0..<maximumWords {
            guard readWord() else { return }
            skipSeparators()
        }
    }

    private mutating func skipSeparators() {
        while text[position].isSpace
            || (ApplicationLineParser.isSeparator(text[position]) && !text[position + 1].isDigit)
        {
            position += 1
        }
    }

    private mutating func readWord() -> Bool {
        if text[position] == UInt8(ascii: "[") || text[position] == UInt8(ascii: "(") { return readBracket() }
        var end = position
        while end < text.count, !text[end].isSpace, text[end] != UInt8(ascii: "|") { end += 1 }
        var word = text.slice(position, end)
        let hasColon = word[word.count - 1] == UInt8(ascii: ":")
        if hasColon { word = word.prefix(word.count - 1) }
        if level == nil, let found = levelWord(word) {
            level = found
        } else if level != nil, word.unsigned != nil, !hasColon, text.has(" ---", at: end) {
            // A process number, of Spring.
        } else if isLogger(word, hasColon: hasColon, end: end) {
            component = word
            componentIsThread = false
        } else {
            return false
        }
        position = end
        return true
    }

    /// `ERROR`, and `production.ERROR` of Monolog. In small letters only behind a time and with a colon or a bracket,
    /// which is for the caller to know; a bare small word is more likely to be prose.
    private func levelWord(_ word: ByteText) -> LogLevel? {
        guard word.count >= 3, word[word.count - 1].isUppercase || text[position + word.count] == UInt8(ascii: ":")
        else {
            return word.count >= 4 && component == nil ? LogLevel(word: word) : nil
        }
        if let dot = word.lastIndex(of: UInt8(ascii: ".")) { return LogLevel(word: word.from(dot + 1)) }
        return LogLevel(word: word)
    }

    private mutating func readBracket() -> Bool {
        let closing = text[position] == UInt8(ascii: "[") ? UInt8(ascii: "]") : UInt8(ascii: ")")
        guard let end = text.prefix(position + 128).index(of: closing, from: position) else { return false }
        let inside = text.slice(position + 1, end).trimmed
        if level == nil, let found = LogLevel(word: inside) ?? singleLetter(inside) {
            level = found
        } else if component == nil || componentIsThread, !inside.isEmpty, isName(inside) {
            component = inside
            componentIsThread = true
        } else if text[end + 1] != UInt8(ascii: " ") && !ApplicationLineParser.isSeparator(text[end + 1]) {
            return false
        }
        position = end + 1
        return true
    }

    private func singleLetter(_ text: ByteText) -> LogLevel? { text.count == 1 ? LogLevel(letter: text[0]) : nil }

    /// `orders.api:` or `com.acme.Orders - `: something that cannot be the first word of a message.
    private func isLogger(_ word: ByteText, hasColon: Bool, end: Int) -> Bool {
        guard level != nil, word[0].isLetter, isName(word) else { return false }
        if hasColon { return component == nil && (word.buffer.contains { !$0.isLetter } || isService(word)) }
        guard component == nil || componentIsThread else { return false }
        return text.has(" - ", at: end) || text.has(" : ", at: end) || text.has(" | ", at: end)
            || (text.has("  ", at: end) && text.slice(end, end + 48).contains(" : "))
    }

    /// `docker:` behind time and level: one small word, unless it is one that messages begin with.
    private func isService(_ word: ByteText) -> Bool {
        word.count >= 2 && word.buffer.allSatisfy { $0.isLetter && !$0.isUppercase }
            && !Self.beginnings.contains { word == $0 }
    }

    private static let beginnings: [StaticString] = [
        "aborted", "cause", "caused", "details", "error", "errors", "exception", "failed", "failure", "fatal",
        "message",
        "msg", "note", "reason", "result", "status", "timeout", "usage", "warning",
    ]

    private func isName(_ word: ByteText) -> Bool {
        word.count <= 64
            && word.buffer.allSatisfy {
                $0.isWord || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/")
                    || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "#")
            }
    }
}
