import Model

/// `level=info msg="listening" port=8080`: nothing but pairs, at least two, the first thing a pair.
enum LogfmtParser {
    static func parse(
        _ text: ByteText, in line: ByteText, _ context: TimeContext, into parsed: inout ParsedLog
    ) -> Bool {
        guard pairs(in: text) >= 2 else { return false }
        parsed.format = .logfmt
        var position = 0
        var messageRank = Int.max
        var componentRank = Int.max
        while let pair = Pair(text, at: &position) {
            switch KnownName(pair.name) {
            case .time:
                guard parsed.timestamp == nil, let time = LineTime(fieldIn: pair.value, context: context) else { break }
                parsed.timestamp = time.time
                continue
            case .level:
                guard parsed.level == nil, let level = LogLevel(word: pair.value) else { break }
                parsed.level = level
                continue
            case .message(let rank):
                guard rank < messageRank else { break }
                messageRank = rank
                parsed.messageRange = valueRange(pair, line, &parsed)
                continue
            case .component(let rank):
                guard rank < componentRank else { break }
                componentRank = rank
                parsed.componentRange = valueRange(pair, line, &parsed)
                continue
            case nil: break
            }
            guard parsed.fields.count < ParsedLog.maximumFields else { continue }
            let name = LogField.Name.inLine(parsed.range(pair.name, in: line))
            let kind: LogField.Kind = !pair.isQuoted && JSONScalar.isNumber(pair.value) ? .number : .text
            parsed.append(LogField(name: name, value: valueRange(pair, line, &parsed), kind: kind))
        }
        return true
    }

    private static func valueRange(_ pair: Pair, _ line: ByteText, _ parsed: inout ParsedLog) -> ByteRange {
        pair.hasEscapes ? parsed.store(Unescape.json(pair.value)) : parsed.range(pair.value, in: line)
    }

    /// 0 as soon as there is something that is no pair.
    private static func pairs(in text: ByteText) -> Int {
        var position = 0
        var count = 0
        while Pair(text, at: &position) != nil { count += 1 }
        return text.from(position).trimmed.isEmpty ? count : 0
    }
}

/// `name=value` or `name="quoted value"`.
private struct Pair {
    var name: ByteText
    var value: ByteText
    var isQuoted = false
    var hasEscapes = false

    /// The pair at `position`, which is stepped over.
    init?(_ text: ByteText, at position: inout Int) {
        var next = position
        while text[next].isSpace { next += 1 }
        let start = next
        while Self.isName(text[next]) { next += 1 }
        guard next > start, next - start <= 64, text[next] == UInt8(ascii: "=") else { return nil }
        name = text.slice(start, next)
        next += 1
        let valueStart = next
        if text[next] == UInt8(ascii: "\"") {
            guard let end = Self.closingQuote(text, from: next + 1, &hasEscapes) else { return nil }
            value = text.slice(valueStart + 1, end)
            isQuoted = true
            next = end + 1
            guard next >= text.count || text[next].isSpace else { return nil }
        } else {
            while next < text.count, !text[next].isSpace {
                if text[next] == UInt8(ascii: "\"") { return nil }
                next += 1
            }
            value = text.slice(valueStart, next)
        }
        position = next
    }

    private static func isName(_ byte: UInt8) -> Bool {
        byte.isWord || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "@")
            || byte == UInt8(ascii: "/")
    }

    private static func closingQuote(_ text: ByteText, from start: Int, _ hasEscapes: inout Bool) -> Int? {
        var next = start
        while next < text.count {
            switch text[next] {
            case UInt8(ascii: "\""): return next
            case UInt8(ascii: "\\"):
                hasEscapes = true
                next += 2
            default: next += 1
            }
        }
        return nil
    }
}
