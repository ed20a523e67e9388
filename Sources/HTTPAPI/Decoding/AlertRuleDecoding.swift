import JSON
import Model

extension AlertRule {
    static let memberNames = [
        "name", "source", "metric", "match", "clear_match", "op", "threshold", "for", "clear_threshold", "cooldown",
        "level", "labels", "agents", "enabled",
    ]
    /// What a rule about events counts within unless told.
    private static let defaultWindow: Milliseconds = 60_000
    static let anyDuration: ClosedRange<Milliseconds> = 0...3_155_760_000_000
    static let maximumLabelBytes = 512
    static let maximumMembers = 1_000
    static let maximumPatternBytes = 512
    /// Of a match.
    static let maximumFields = 8
    static let maximumAgents = 20_000

    /// The body of `PUT /admin/alert-rules`. Here each rule is read by itself; whether the set can be taken is for the
    /// gateway to say.
    static func list(_ context: RequestContext) throws(APIError) -> [AlertRule] {
        let fields = try context.bodyFields(["rules"])
        let elements = try fields.required("rules", try fields.elements("rules", count: 0...maximumMembers))
        var rules: [AlertRule] = []
        for (index, element) in elements.enumerated() {
            rules.append(try AlertRule(FieldReader(element, names: memberNames, within: "rules[\(index)]")))
        }
        return rules
    }

    private init(_ fields: FieldReader) throws(APIError) {
        let name = try fields.required("name", try fields.identifier("name"))
        let source = try fields.required("source", try fields.choice("source", of: AlertSource.self))
        let condition = try AlertCondition(fields, of: source)
        self.init(name: name, source: source, condition: condition)
        if case .events = condition { hold = Self.defaultWindow }
        hold = try fields.duration("for", in: Self.anyDuration) ?? hold
        cooldown = try fields.duration("cooldown", in: Self.anyDuration) ?? cooldown
        level = try fields.choice("level", of: AlertLevel.self) ?? level
        labels =
            try fields.dictionary(
                "labels", maximumCount: Self.maximumMembers, maximumBytes: Self.maximumLabelBytes) ?? labels
        agents = try Self.agents(fields)
        isEnabled = try fields.bool("enabled") ?? isEnabled
    }

    /// Nil for `"*"`, and where the member is left out.
    private static func agents(_ fields: FieldReader) throws(APIError) -> Set<AgentID>? {
        guard let value = fields.value("agents"), value != .string("*") else { return nil }
        guard value.string == nil, let texts = try fields.texts("agents", maximumCount: maximumAgents), !texts.isEmpty
        else { throw fields.mismatch("agents", "\"*\" or a list of at least one agent id", value) }
        for text in texts where !IdentifierRules.isValid(text) { throw .badIdentifier(fields.prefix + "agents") }
        return Set(texts.map { AgentID($0) })
    }
}

extension AlertCondition {
    /// `metric`, or `match`, and what goes with it.
    init(_ fields: FieldReader, of source: AlertSource) throws(APIError) {
        switch (fields.value("metric"), fields.value("match")) {
        case (.some, nil): self = .metric(try MetricCondition(fields))
        case (nil, .some): self = .events(try EventCondition(fields, of: source))
        case (.some, .some): throw fields.excluded("match", by: "metric")
        case (nil, nil): throw fields.missing(source.hasMetrics ? "metric" : "match")
        }
    }
}

extension MetricCondition {
    fileprivate init(_ fields: FieldReader) throws(APIError) {
        guard fields.value("clear_match") == nil else { throw fields.excluded("clear_match", by: "metric") }
        self.init(
            try fields.text("metric", maximumBytes: 128) ?? "",
            try fields.choice("op", of: AlertComparison.self) ?? .greater,
            try fields.required("threshold", try fields.number("threshold")),
            clearThreshold: try fields.number("clear_threshold"))
    }
}

extension EventCondition {
    fileprivate init(_ fields: FieldReader, of source: AlertSource) throws(APIError) {
        guard fields.value("clear_threshold") == nil else { throw fields.excluded("clear_threshold", by: "match") }
        self.init(
            try Self.match("match", fields, source) ?? [:],
            try fields.choice("op", of: AlertComparison.self) ?? .greaterOrEqual,
            try fields.number("threshold") ?? 1, clearMatch: try Self.match("clear_match", fields, source))
    }

    private static func match(
        _ name: String, _ fields: FieldReader, _ source: AlertSource
    ) throws(APIError) -> [String: String]? {
        guard let value = fields.value(name) else { return nil }
        guard value.string != nil else {
            return try fields.dictionary(
                name, maximumCount: AlertRule.maximumFields, maximumBytes: AlertRule.maximumPatternBytes)
        }
        let text = try fields.text(name, maximumBytes: MatchText.maximumBytes) ?? ""
        guard let match = MatchText.parse(text, for: source) else {
            let example = "level=ERROR component=docker"
            throw fields.mismatch(
                name, "an object {field: pattern}, or text like \"\(example)\", each field once", value)
        }
        return match
    }
}
