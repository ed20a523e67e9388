import Model

/// Lines without a time that begin with a level: `ERROR: x`, `[error] x`, `WARNING:root:x` (Python's default), or a
/// level in capitals; and with a program: `name[pid]: x`.
enum LeadingLevel {
    static func parse(_ text: ByteText, in line: ByteText, into parsed: inout ParsedLog) {
        if text[0] == UInt8(ascii: "[") {
            guard let close = text.prefix(16).index(of: UInt8(ascii: "]")),
                let level = LogLevel(word: text.slice(1, close).trimmed)
            else { return }
            parsed.level = level
            return parsed.setMessage(text.from(close + 1).trimmed, in: line)
        }
        var end = 0
        while text[end].isLetter, end <= 13 { end += 1 }
        let word = text.prefix(end)
        if let level = LogLevel(word: word) {
            if text[end] == UInt8(ascii: ":") {
                parsed.level = level
                return parseLogger(text, after: end + 1, line, &parsed)
            }
            if text[end].isSpace, word.buffer.allSatisfy(\.isUppercase) {
                parsed.level = level
                return parsed.setMessage(text.from(end).trimmed, in: line)
            }
        }
        parseProgram(text, line, &parsed)
    }

    /// Behind `WARNING:`.
    private static func parseLogger(_ text: ByteText, after start: Int, _ line: ByteText, _ parsed: inout ParsedLog) {
        var end = start
        while text[end].isWord || text[end] == UInt8(ascii: "."), end < start + 64 { end += 1 }
        if end > start, text[end] == UInt8(ascii: ":"), text[end + 1] != UInt8(ascii: "/") {
            parsed.setComponent(text.slice(start, end), in: line)
            parsed.setMessage(text.from(end + 1).trimmed, in: line)
        } else {
            parsed.setMessage(text.from(start).trimmed, in: line)
        }
    }

    private static func parseProgram(_ text: ByteText, _ line: ByteText, _ parsed: inout ParsedLog) {
        var end = 0
        while text[end].isWord || text[end] == UInt8(ascii: "-") || text[end] == UInt8(ascii: "."), end <= 48 {
            end += 1
        }
        guard end > 0, text[end] == UInt8(ascii: "["), case let digits = text.digitRun(at: end + 1), digits > 0,
            text.has("]: ", at: end + 1 + digits)
        else { return }
        parsed.setComponent(text.prefix(end), in: line)
        let pid = text.slice(end + 1, end + 1 + digits)
        parsed.append("pid", pid, in: line, kind: JSONScalar.isNumber(pid) ? .number : .text)
        parsed.setMessage(text.from(end + digits + 4), in: line)
    }
}
