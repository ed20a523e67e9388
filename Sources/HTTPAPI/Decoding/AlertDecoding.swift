import Model
import Service

extension AlertSelection {
    /// The query of `GET /alerts`.
    init(_ query: QueryReader) throws(APIError) {
        self.init(
            state: try query.choice("state", of: State.self) ?? .firing,
            agent: try query.identifier("agent_id", as: AgentID.self), rule: try query.name("rule"),
            level: try query.choice("level", of: AlertLevel.self))
    }
}

extension NewSilence {
    static let maximumMatchers = 16
    static let maximumPatternBytes = 512
    static let maximumCommentBytes = 1_024

    /// The body of `POST /alerts/silences`.
    init(_ context: RequestContext) throws(APIError) {
        let fields = try context.bodyFields(["matchers", "duration", "comment"])
        let matchers = try fields.dictionary(
            "matchers", maximumCount: Self.maximumMatchers, maximumBytes: Self.maximumPatternBytes)
        guard try !fields.required("matchers", matchers).isEmpty else {
            throw .invalid("matchers", "matchers must not be empty: {\"rule\":\"*\"} silences everything")
        }
        self.init(
            matchers: try fields.required("matchers", matchers),
            duration: try fields.required("duration", try fields.duration("duration", in: Self.durationRange)),
            comment: try fields.text("comment", maximumBytes: Self.maximumCommentBytes) ?? "")
    }
}
