/// What a web server was asked, from its access log, its error log or a JSON line with the usual names.
struct WebRequest {
    /// Empty if unknown.
    var client: ByteText
    var method: ByteText
    /// As it stands in the log.
    var target: ByteText
    /// Nil where there was no answer yet.
    var status: Int?
    /// In the decoded target.
    var targetWords: KeywordSet
    /// In user agent and referrer.
    var headerWords: KeywordSet
    /// The target with its percent-encoding taken off, twice if it was put on twice.
    var decoded: ByteText
}

/// The parts of a line that make a request.
struct WebRequestParts {
    var client: ByteText?
    var method: ByteText?
    var target: ByteText?
    var userAgent: ByteText?
    var referrer: ByteText?
    var status: Int?

    /// Nil if the line is not about a request.
    init?(_ parsed: ParsedLog, _ text: ByteText) {
        switch parsed.format {
        case .accessCommon, .accessCombined, .nginxError, .json, .logfmt: break
        default: return nil
        }
        for field in parsed.fields { take(Self.meaning(of: field, in: text), text[field.value]) }
        if target == nil { return nil }
    }

    private enum Meaning { case client, method, target, request, userAgent, referrer, status }

    private mutating func take(_ meaning: Meaning?, _ value: ByteText) {
        switch meaning {
        case .client: client = client ?? value
        case .method: method = value
        case .target: target = value
        case .request:
            guard let space = value.index(of: UInt8(ascii: " ")) else { return target = value }
            method = value.prefix(space)
            let end = value.lastIndex(of: UInt8(ascii: " ")).flatMap { value.has("HTTP/", at: $0 + 1) ? $0 : nil }
            target = value.slice(space + 1, end ?? value.count)
        case .userAgent: userAgent = value
        case .referrer: referrer = value
        case .status: status = value.unsigned
        case nil: break
        }
    }

    private static func meaning(of field: LogField, in text: ByteText) -> Meaning? {
        let name = field.name.bytes(in: text)
        switch name.count {
        case 2: return name == "ip" || name == "ua" ? (name == "ip" ? .client : .userAgent) : nil
        case 3: return name == "uri" || name == "url" ? .target : nil
        case 4: return name == "path" ? .target : nil
        case 6:
            if name == "client" { return .client }
            if name == "target" { return .target }
            if name == "method" { return .method }
            return name == "status" ? .status : nil
        case 7: return name == "request" ? .request : name == "referer" ? .referrer : nil
        case 8: return name == "referrer" ? .referrer : nil
        case 9: return name == "client_ip" || name == "remote_ip" ? .client : nil
        case 10: return name == "user_agent" ? .userAgent : nil
        case 11:
            if name == "remote_addr" { return .client }
            return name == "request_uri" ? .target : name == "status_code" ? .status : nil
        case 14: return name == "request_method" ? .method : nil
        case 15: return name == "http_user_agent" ? .userAgent : nil
        default: return nil
        }
    }
}

extension WebRequestParts {
    private static let maximumTarget = 8_192

    /// Calls `body` with the request; `scratch` holds the decoded target meanwhile.
    ///
    /// - Parameter lineWords: of the whole line; parts are only searched if it has a word that matters to the web rules.
    func withRequest<Result>(
        lineWords: KeywordSet, scanner: KeywordScanner, scratch: inout [UInt8], _ body: (WebRequest) -> Result
    ) -> Result {
        let target = (target ?? ByteText("")).prefix(Self.maximumTarget)
        let isEncoded = target.contains(UInt8(ascii: "%")) || target.contains(UInt8(ascii: "+"))
        let mayMatter = lineWords.intersects(WebWords.all)
        var headerWords = KeywordSet()
        if mayMatter {
            if let userAgent { headerWords = scanner.keywords(in: userAgent) }
            if let referrer { headerWords.formUnion(scanner.keywords(in: referrer)) }
        }
        func make(_ decoded: ByteText, _ words: KeywordSet) -> WebRequest {
            WebRequest(
                client: client ?? ByteText(""), method: method ?? ByteText(""), target: target, status: status,
                targetWords: words, headerWords: headerWords, decoded: decoded)
        }
        guard isEncoded else {
            return body(make(target, mayMatter ? scanner.keywords(in: target) : KeywordSet()))
        }
        scratch.removeAll(keepingCapacity: true)
        Unescape.percent(target, into: &scratch)
        if scratch.contains(UInt8(ascii: "%")) {
            let once = scratch
            scratch.removeAll(keepingCapacity: true)
            once.withByteText { Unescape.percent($0, into: &scratch) }
        }
        return scratch.withByteText { body(make($0, scanner.keywords(in: $0))) }
    }
}
