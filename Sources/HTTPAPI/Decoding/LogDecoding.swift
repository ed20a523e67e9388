import Model
import Service

extension LogQuery {
    static let maximumTextBytes = 1_024
    static let maximumComponentBytes = 256

    /// The query of `GET /logs/search`.
    init(_ context: RequestContext) throws(APIError) {
        let query = context.query
        self.init()
        if case .one(let agent)? = try query.agentSelector("agent_id") { agents = [agent] }
        levels = try query.logLevels("level")
        minimumLevel = try query.logLevel("min_level")
        component = try query.text("component", maximumBytes: Self.maximumComponentBytes)
        text = try query.text("q", maximumBytes: Self.maximumTextBytes)
        (since, until) = try query.period(endingAt: context.now)
    }
}

extension LogPatternQuery {
    /// The query of `GET /logs/patterns`.
    init(_ context: RequestContext) throws(APIError) {
        let query = context.query
        guard let agent = try query.identifier("agent_id", as: AgentID.self) else {
            throw .invalid("agent_id", "agent_id is required")
        }
        self.init(agent: agent)
        minimumLevel = try query.logLevel("min_level") ?? minimumLevel
        window = try query.duration("window", in: Self.windowRange) ?? window
        limit = try query.integer("limit", in: Self.limitRange) ?? limit
    }
}
