import Model

/// Asks the rules about each line of one host.
struct ThreatDetector: Sendable {
    private static let evidenceBytes = 256
    private static let anchors: KeywordSet = ThreatRule.all.reduce(into: KeywordSet()) { $0.formUnion($1.anchors) }
    private static let requestRules = ThreatRule.all.filter(\.anchors.isEmpty)

    private(set) var state = ThreatState()
    private var scratch: [UInt8] = []

    /// - Parameters:
    ///   - text: all of the line, with what the parser unescaped.
    ///   - keywords: that occur in `text`.
    mutating func examine(
        _ parsed: ParsedLog, _ text: ByteText, component: ByteText, keywords: KeywordSet, scanner: KeywordScanner,
        now: WallTime
    ) -> [Threat] {
        let time = min(parsed.timestamp ?? now, now).millisecondsSince1970
        if state.firstLine == nil { state.firstLine = time }
        let parts = WebRequestParts(parsed, text)
        guard parts != nil || keywords.intersects(Self.anchors) else { return [] }
        func line(_ request: WebRequest?) -> ThreatLine {
            ThreatLine(
                text: text, message: text[parsed.messageRange], component: component, format: parsed.format,
                keywords: keywords, request: request, time: time)
        }
        guard let parts else { return Self.ask(line(nil), &state) }
        return parts.withRequest(lineWords: keywords, scanner: scanner, scratch: &scratch) { request in
            Self.ask(line(request), &state)
        }
    }

    private static func ask(_ line: ThreatLine, _ state: inout ThreatState) -> [Threat] {
        var words = line.keywords
        if let request = line.request { words.formUnion(request.targetWords) }
        var threats: [Threat] = []
        if words.intersects(anchors) {
            for rule in ThreatRule.all where rule.anchors.intersects(words) { ask(rule, line, &state, &threats) }
        }
        if line.request != nil { for rule in requestRules { ask(rule, line, &state, &threats) } }
        return threats
    }

    private static func ask(
        _ rule: ThreatRule, _ line: ThreatLine, _ state: inout ThreatState, _ threats: inout [Threat]
    ) {
        guard let finding = rule.detect(line, &state) else { return }
        let part = line.request.map(\.target) ?? line.message
        var evidence = (part.isEmpty ? line.text : part).prefix(evidenceBytes).string
        if let note = finding.note { evidence += " [\(note)]" }
        threats.append(
            Threat(
                rule: rule.id, title: rule.title, severity: finding.severity ?? rule.severity, evidence: evidence,
                sourceIP: finding.source))
    }
}
