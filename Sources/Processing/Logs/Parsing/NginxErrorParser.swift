import Model

/// `2026/11/23 15:34:26 [error] 20061#20061: *2 open() "/x" failed (2: No such file or directory), client: 192.0.2.1,
/// ...`
enum NginxErrorParser {
    static func parse(_ text: ByteText, _ context: TimeContext, into parsed: inout ParsedLog) -> Bool {
        guard text[4] == UInt8(ascii: "/"), text.has(" [", at: 19),
            let close = text.prefix(40).index(of: UInt8(ascii: "]"), from: 21),
            let level = LogLevel(word: text.slice(21, close)),
            let time = LineTime(calendarIn: text, context: context)
        else { return false }
        let pidStart = close + 2
        let pidEnd = pidStart + text.digitRun(at: pidStart)
        let threadEnd = pidEnd + 1 + text.digitRun(at: pidEnd + 1)
        guard pidEnd > pidStart, text[pidEnd] == UInt8(ascii: "#"), text.has(": ", at: threadEnd) else { return false }
        parsed.format = .nginxError
        parsed.timestamp = time.time
        parsed.level = level
        let pid = text.slice(pidStart, pidEnd)
        parsed.append("pid", pid, in: text, kind: JSONScalar.isNumber(pid) ? .number : .text)
        var start = threadEnd + 2
        if text[start] == UInt8(ascii: "*"), case let digits = text.digitRun(at: start + 1), digits > 0 {
            parsed.append("connection", text.slice(start + 1, start + 1 + digits), in: text)
            start += digits + 2
        }
        parsed.setMessage(text.from(start), in: text)
        appendContext(text, from: start, &parsed)
        return true
    }

    /// What nginx adds behind the message; the message ends where it begins.
    private static func appendContext(_ text: ByteText, from start: Int, _ parsed: inout ParsedLog) {
        guard let client = text.index(of: ", client: ", from: start) else { return }
        parsed.setMessage(text.slice(start, client), in: text)
        let names: [(StaticString, StaticString, Bool)] = [
            (", client: ", "client", false), (", server: ", "server", false), (", request: \"", "request", true),
            (", upstream: \"", "upstream", true), (", host: \"", "host", true), (", referrer: \"", "referrer", true),
        ]
        for (marker, name, isQuoted) in names {
            guard let found = text.index(of: marker, from: client) else { continue }
            let valueStart = found + marker.utf8CodeUnitCount
            let end = text.index(of: isQuoted ? UInt8(ascii: "\"") : UInt8(ascii: ","), from: valueStart) ?? text.count
            if end > valueStart { parsed.append(name, text.slice(valueStart, end), in: text) }
        }
    }
}
