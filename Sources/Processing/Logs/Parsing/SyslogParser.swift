import Model

/// Syslog: RFC 5424, and RFC 3164 as it goes over the wire (with a priority) and as it lies in files (without, the host
/// before the program, the time old or RFC 3339).
enum SyslogParser {
    static func parse(_ text: ByteText, _ context: TimeContext, into parsed: inout ParsedLog) -> Bool {
        var header = Header(text)
        if header.hasPriority, text[header.end] == UInt8(ascii: "1"), text[header.end + 1] == UInt8(ascii: " ") {
            return parseModern(text, header, context, &parsed)
        }
        guard
            let time = LineTime(syslogIn: text, at: header.end, context: context)
                ?? LineTime(calendarIn: text, at: header.end, context: context), text[time.end] == UInt8(ascii: " ")
        else { return false }
        header.end = time.end + 1
        guard parseTag(text, header, &parsed) else { return false }
        parsed.timestamp = time.time
        finish(text, header, context, .syslogRFC3164, &parsed)
        return true
    }

    /// `<38>`; nothing where the line comes from a file.
    private struct Header {
        var severity: Int?
        var end = 0
        var hasPriority: Bool { severity != nil }

        init(_ text: ByteText) {
            guard text[0] == UInt8(ascii: "<") else { return }
            let length = text.digitRun(at: 1)
            guard (1...3).contains(length), text[length + 1] == UInt8(ascii: ">"),
                let priority = text.digits(length, at: 1), priority <= 191
            else { return }
            severity = priority & 7
            end = length + 2
        }
    }

    /// `[host] program[pid]: message`. The host is the word before the last one that comes before the colon.
    private static func parseTag(_ text: ByteText, _ header: Header, _ parsed: inout ParsedLog) -> Bool {
        var start = header.end
        var wordEnd = wordEnd(text, from: start)
        if text[wordEnd - 1] != UInt8(ascii: ":"), !header.hasPriority || tagFollows(text, after: wordEnd) {
            let host = text.slice(start, wordEnd)
            guard wordEnd > start, text[wordEnd] == UInt8(ascii: " "), host[0].isLetter || host[0].isDigit,
                header.hasPriority || LogLevel(word: host) == nil
            else { return false }
            parsed.append("host", host, in: text)
            start = wordEnd + 1
            wordEnd = self.wordEnd(text, from: start)
        }
        guard wordEnd > start, text[wordEnd - 1] == UInt8(ascii: ":") else {
            // A message without a tag is allowed on the wire; in a file it is something else than syslog.
            guard header.hasPriority else {
                parsed.fields.removeAll()
                return false
            }
            parsed.setMessage(text.from(start), in: text)
            return true
        }
        let tag = text.slice(start, wordEnd - 1)
        setProgram(tag, text, &parsed)
        parsed.setMessage(text.from(wordEnd).trimmed, in: text)
        return true
    }

    private static func setProgram(_ tag: ByteText, _ text: ByteText, _ parsed: inout ParsedLog) {
        guard let bracket = tag.index(of: UInt8(ascii: "[")), tag[tag.count - 1] == UInt8(ascii: "]") else {
            return parsed.setComponent(tag, in: text)
        }
        parsed.setComponent(tag.prefix(bracket), in: text)
        let pid = tag.slice(bracket + 1, tag.count - 1)
        parsed.append("pid", pid, in: text, kind: JSONScalar.isNumber(pid) ? .number : .text)
    }

    private static func wordEnd(_ text: ByteText, from start: Int) -> Int {
        text.index(of: UInt8(ascii: " "), from: start) ?? text.count
    }

    private static func tagFollows(_ text: ByteText, after end: Int) -> Bool {
        let next = wordEnd(text, from: end + 1)
        return next > end + 1 && text[next - 1] == UInt8(ascii: ":")
    }

    /// `<165>1 time host program pid msgid [data] message`, with `-` for what is missing.
    private static func parseModern(
        _ text: ByteText, _ header: Header, _ context: TimeContext, _ parsed: inout ParsedLog
    ) -> Bool {
        var header = header
        var words = [ByteText](repeating: text.slice(0, 0), count: 5)
        var position = header.end + 2
        for index in words.indices {
            guard let end = text.index(of: UInt8(ascii: " "), from: position) else { return false }
            words[index] = text.slice(position, end)
            position = end + 1
        }
        guard let data = structuredData(text, from: position) else { return false }
        if !(words[0] == "-") {
            guard let time = LineTime(calendarIn: words[0], context: context) else { return false }
            parsed.timestamp = time.time
        }
        for (index, name) in [(1, "host"), (3, "pid"), (4, "msgid")] as [(Int, StaticString)]
        where !(words[index] == "-") {
            parsed.append(name, words[index], in: text, kind: JSONScalar.isNumber(words[index]) ? .number : .text)
        }
        if !(words[2] == "-") { parsed.setComponent(words[2], in: text) }
        if data > position, !(text.slice(position, data) == "-") {
            parsed.append("structured_data", text.slice(position, data), in: text)
        }
        header.end = data + 1
        var message = text.from(header.end)
        if message.has("\u{FEFF}") { message = message.from(3) }
        parsed.setMessage(message, in: text)
        finish(text, header, context, .syslogRFC5424, &parsed)
        return true
    }

    /// Where it ends: `-`, or groups in brackets with quoted values.
    private static func structuredData(_ text: ByteText, from start: Int) -> Int? {
        if text[start] == UInt8(ascii: "-") { return start + 1 }
        var position = start
        var isQuoted = false
        while text[position] == UInt8(ascii: "[") {
            while position < text.count, isQuoted || text[position] != UInt8(ascii: "]") {
                if text[position] == UInt8(ascii: "\\") {
                    position += 1
                } else if text[position] == UInt8(ascii: "\"") {
                    isQuoted.toggle()
                }
                position += 1
            }
            guard position < text.count else { return nil }
            position += 1
        }
        return position > start ? position : nil
    }

    /// The level: the message's own where it is a JSON object, then the priority.
    private static func finish(
        _ text: ByteText, _ header: Header, _ context: TimeContext, _ format: LogFormat, _ parsed: inout ParsedLog
    ) {
        let time = parsed.timestamp
        let component = parsed.componentRange
        let message = text[parsed.messageRange]
        if message[0] == UInt8(ascii: "{"), JSONLineParser.parse(message, in: text, context, into: &parsed) {
            parsed.timestamp = time ?? parsed.timestamp
            if parsed.componentRange.isEmpty { parsed.componentRange = component }
        } else if !header.hasPriority {
            LeadingLevel.parse(message, in: text, into: &parsed)
        }
        parsed.format = format
        if parsed.level == nil, let severity = header.severity { parsed.level = LogLevel(syslogSeverity: severity) }
    }
}
