/// One row of the table in `RecommendationRules.swift`: when, what, and what to do.
struct RecommendationRule: Sendable {
    /// What makes a rule apply: to what, and the figures.
    struct Finding: Sendable {
        /// Part of the id and `{subject}` in the texts; empty where there can be one only.
        var subject = ""
        var because: String
    }

    var id: String
    var severity: RecommendationSeverity
    /// May name the `{subject}`.
    var title: String
    /// May name the `{subject}` and the `{culprits}`.
    var action: String
    var culprits: @Sendable (RecommendationFacts) -> String = { _ in "" }
    var findings: @Sendable (RecommendationFacts) -> [Finding]

    func recommendations(_ facts: RecommendationFacts) -> [Recommendation] {
        findings(facts).map { finding in
            let subject = finding.subject
            return Recommendation(
                id: subject.isEmpty ? id : id + ":" + subject, severity: severity,
                title: Self.fill(title, subject: subject, culprits: ""),
                action: Self.fill(action, subject: subject, culprits: culprits(facts)), because: finding.because)
        }
    }

    /// Bytes, because a search for characters costs more than all of the analytics.
    private static func fill(_ text: String, subject: String, culprits: String) -> String {
        var filled = ""
        var rest = Substring(text)
        while let open = rest.utf8.firstIndex(of: UInt8(ascii: "{")),
            let close = rest.utf8[open...].firstIndex(of: UInt8(ascii: "}"))
        {
            filled += rest[..<open]
            switch rest[rest.utf8.index(after: open)..<close] {
            case "subject": filled += subject
            case "culprits": filled += culprits
            default: filled += rest[open...close]
            }
            rest = rest[rest.utf8.index(after: close)...]
        }
        return filled + rest
    }
}

extension RecommendationRule {
    /// More than these are not read by anybody. The most severe first.
    static let mostRecommendations = 10

    static func recommendations(_ facts: RecommendationFacts) -> [Recommendation] {
        let all = table.flatMap { $0.recommendations(facts) }
        guard all.count > 1 else { return all }
        let ordered = [.critical, .warning, .info].flatMap { (severity: RecommendationSeverity) in
            all.filter { $0.severity == severity }
        }
        return Array(ordered.prefix(mostRecommendations))
    }
}
