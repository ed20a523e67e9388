import Model

/// The `common` and `combined` logs of nginx and Apache:
/// `192.0.2.1 - - [23/Nov/2026:15:34:26 +0000] "GET /missing HTTP/1.1" 404 153 "-" "curl/7.88.1"`.
/// The level follows from the status, the message is the request.
enum AccessLogParser {
    static func parse(_ text: ByteText, _ context: TimeContext, into parsed: inout ParsedLog) -> Bool {
        guard let open = text.prefix(512).index(of: " ["),
            let time = LineTime(accessLogIn: text, at: open + 2, context: context),
            text.has("] \"", at: time.end),
            let requestEnd = closingQuote(text, from: time.end + 3),
            let status = text.digits(3, at: requestEnd + 2), (100..<600).contains(status), !text[requestEnd + 5].isDigit
        else { return false }
        let clientEnd = text.index(of: UInt8(ascii: " ")) ?? 0
        parsed.timestamp = time.time
        parsed.level = LogLevel(httpStatus: status)
        let request = text.slice(time.end + 3, requestEnd)
        parsed.setMessage(request, in: text)
        parsed.append("client", text.prefix(clientEnd), in: text)
        appendUser(text.slice(clientEnd + 1, open), text, &parsed)
        appendRequest(request, text, &parsed)
        parsed.append("status", text.slice(requestEnd + 2, requestEnd + 5), in: text, kind: .number)
        var position = requestEnd + 6
        let size = text.digitRun(at: position)
        if size > 0 {
            let value = text.slice(position, position + size)
            parsed.append("bytes", value, in: text, kind: JSONScalar.isNumber(value) ? .number : .text)
        }
        position = text.index(of: UInt8(ascii: " "), from: position) ?? text.count
        parsed.format = appendQuoted(text, &position, "referrer", &parsed) ? .accessCombined : .accessCommon
        _ = appendQuoted(text, &position, "user_agent", &parsed)
        return true
    }

    /// `ident user`, of which the second may be of interest.
    private static func appendUser(_ words: ByteText, _ text: ByteText, _ parsed: inout ParsedLog) {
        guard let space = words.index(of: UInt8(ascii: " ")) else { return }
        let user = words.from(space + 1)
        if !(user == "-"), !user.isEmpty { parsed.append("user", user, in: text) }
    }

    /// `GET /path HTTP/1.1`. Garbage has no method; then all of it is the target.
    private static func appendRequest(_ request: ByteText, _ text: ByteText, _ parsed: inout ParsedLog) {
        guard let space = request.index(of: UInt8(ascii: " ")), space <= 16, request[0].isUppercase else {
            return parsed.append("target", request, in: text)
        }
        var end = request.count
        if let last = request.lastIndex(of: UInt8(ascii: " ")), last > space, request.has("HTTP/", at: last + 1) {
            end = last
        }
        parsed.append("method", request.prefix(space), in: text)
        parsed.append("target", request.slice(space + 1, end), in: text)
    }

    /// Whether a quoted value comes next; `-` counts as one but is not kept.
    private static func appendQuoted(
        _ text: ByteText, _ position: inout Int, _ name: StaticString, _ parsed: inout ParsedLog
    ) -> Bool {
        guard text[position] == UInt8(ascii: " "), text[position + 1] == UInt8(ascii: "\""),
            let end = closingQuote(text, from: position + 2)
        else { return false }
        let value = text.slice(position + 2, end)
        if !(value == "-") { parsed.append(name, value, in: text) }
        position = end + 1
        return true
    }

    private static func closingQuote(_ text: ByteText, from start: Int) -> Int? {
        var position = start
        while let quote = text.index(of: UInt8(ascii: "\""), from: position) {
            if quote == start || text[quote - 1] != UInt8(ascii: "\\") { return quote }
            position = quote + 1
        }
        return nil
    }
}
