import Model

/// Finds out how a line is written and takes it apart. Each format is tried only if the first bytes allow it.
struct LineParser {
    /// Of hosts whose lines have times without a zone.
    var utcOffsetMinutes = 0

    func parse(_ line: [UInt8], now: WallTime) -> ParsedLog {
        let context = TimeContext(now: now, utcOffsetMinutes: utcOffsetMinutes)
        var parsed = ParsedLog(line: line)
        line.withByteText { text in
            var end = text.count
            while end > 0, text[end - 1].isSpace { end -= 1 }
            let text = text.prefix(end)
            parsed.setMessage(text, in: text)
            if !Self.parse(text, context, &parsed) { LeadingLevel.parse(text, in: text, into: &parsed) }
        }
        return parsed
    }

    /// Whether the line is of any format but plain.
    private static func parse(_ text: ByteText, _ context: TimeContext, _ parsed: inout ParsedLog) -> Bool {
        let first = text[0]
        switch first {
        case UInt8(ascii: "{"):
            return JSONLineParser.parse(text, in: text, context, into: &parsed)
        case UInt8(ascii: "<"):
            return SyslogParser.parse(text, context, into: &parsed)
        case UInt8(ascii: "["):
            return KernelLineParser.parse(text, into: &parsed)
                || ApplicationLineParser.parse(text, context, into: &parsed)
        default:
            break
        }
        if first.isDigit {
            // rsyslog's newer times; its host and program look like the beginning of a message.
            if text[10] == UInt8(ascii: "T"), SyslogParser.parse(text, context, into: &parsed) { return true }
            return NginxErrorParser.parse(text, context, into: &parsed)
                || ApplicationLineParser.parse(text, context, into: &parsed)
                || AccessLogParser.parse(text, context, into: &parsed)
        }
        if first.isUppercase {
            if text[1].isDigit, KlogParser.parse(text, context, into: &parsed) { return true }
            if SyslogParser.parse(text, context, into: &parsed) { return true }
        }
        return LogfmtParser.parse(text, in: text, context, into: &parsed)
            || AccessLogParser.parse(text, context, into: &parsed)
    }
}
