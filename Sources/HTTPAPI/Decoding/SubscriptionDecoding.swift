import JSON
import Model
import Service

extension NewSubscription {
    /// The body of `POST /subscriptions`.
    init(_ context: RequestContext) throws(APIError) {
        let fields = try context.bodyFields(["stream_type", "agent_id", "resource", "config", "session_id"])
        let type = try fields.streamType("stream_type")
        guard type.isClientStream else { throw .notAClientStream(type) }
        self.init(
            type: type,
            agent: try Self.agent(fields, type),
            resource: try Self.resource(fields, type),
            config: try StreamConfig(fields.value("config"), for: type),
            session: try fields.identifier("session_id").map { SessionID($0) })
    }

    private static func agent(_ fields: FieldReader, _ type: StreamType) throws(APIError) -> AgentSelector? {
        if fields.value("agent_id") == .string("*") {
            guard type.info.allowsEveryAgent else { throw APIError(ServiceError.everyAgentNotAllowed(type)) }
            return .every
        }
        let agent = try fields.identifier("agent_id").map { AgentSelector.one(AgentID($0)) }
        return type.info.category == .task ? agent : try fields.required("agent_id", agent)
    }

    private static func resource(_ fields: FieldReader, _ type: StreamType) throws(APIError) -> String {
        let isEmpty = fields.value("resource") == nil || fields.value("resource") == .string("")
        guard type.info.resourceBased else {
            if isEmpty { return "" }
            throw .invalid("resource", "resource must be left out: \(type.rawValue) is about the whole agent")
        }
        if isEmpty { throw APIError(ServiceError.resourceRequired(type)) }
        return try fields.identifier("resource", allowingSlash: type == .containerLogs) ?? ""
    }
}

extension ServerStreamRequest {
    /// The body of `POST /admin/streams/server`.
    init(_ context: RequestContext) throws(APIError) {
        let fields = try context.bodyFields(["stream_type", "agent_id", "config"])
        let type = try fields.streamType("stream_type")
        guard type.isServerDemand else {
            throw .invalid("stream_type", "stream_type must be one that the gateway processes, not \(type.rawValue)")
        }
        let agent = try fields.required("agent_id", try fields.identifier("agent_id"))
        let config = try StreamConfig(
            fields.value("config"), for: type, names: ["interval", "filters", ConfigField.filtersAlias])
        self.init(type: type, agent: AgentID(agent), config: config)
    }
}

extension StreamType {
    /// Whether the gateway itself can ask for it.
    var isServerDemand: Bool { info.processOnServer && !info.resourceBased && info.category != .internal }
}

extension StreamConfig {
    /// The body of `POST /agents/{agent_id}/metrics/start`.
    init(metricsStart context: RequestContext) throws(APIError) {
        let fields = try context.bodyFields(["interval_seconds", "metrics"])
        self = .defaults(for: .metrics)
        if let value = fields.value("interval_seconds") {
            let seconds = Double(Self.intervalRange.lowerBound) / 1_000...Double(Self.intervalRange.upperBound) / 1_000
            guard let number = value.double, seconds.contains(number) else {
                throw fields.mismatch("interval_seconds", "a number from 0.1 to 3600", value)
            }
            interval = Milliseconds((number * 1_000).rounded())
        }
        filters = try MetricFilters.read("metrics", from: fields) ?? filters
    }
}

extension FieldReader {
    func streamType(_ name: String) throws(APIError) -> StreamType {
        let text = try required(name, try text(name, maximumBytes: 128))
        guard let type = StreamType(rawValue: text) else {
            let known = StreamType.allCases.filter(\.isClientStream).map(\.rawValue).joined(separator: ", ")
            throw APIError(.unknownStreamType, "there is no stream type \"\(text)\"; there are \(known)", field: name)
        }
        return type
    }
}
