import Model
import Service

extension MetricsHistoryQuery {
    /// The query of `GET /agents/{agent_id}/metrics/history`: without a start or an end, an hour up to the end or now.
    init(_ context: RequestContext) throws(APIError) {
        let query = context.query
        let givenEnd = try query.time("end")
        let end = givenEnd ?? context.now
        let start = try query.time("start") ?? end + -Self.defaultLength
        guard start < end else {
            throw givenEnd == nil
                ? .invalid("start", "start must be before now, where no end is given")
                : .invalid("end", "end must be after start")
        }
        self.init(
            agent: try context.agentID, start: start, end: end,
            maxPoints: try query.integer("max_points", in: Self.maxPointsRange) ?? Self.defaultMaxPoints,
            metrics: try MetricSelection.read("metrics", from: query))
    }

    private static let defaultLength: Milliseconds = 3_600_000
}

/// Metrics by key (`memory.usage_percent`) or by group (`cpu`).
enum MetricSelection {
    /// The names that the parts have in a payload, where they are others.
    private static let aliases: [Substring: Substring] = ["disks": "disk", "network_interfaces": "network"]

    /// Every name that is taken.
    static let names: [String] =
        MetricKey.all.map(\.name)
        + Set(MetricKey.all.map { String($0.group) } + aliases.keys.map(String.init)).sorted()

    /// Nil where the parameter is left out.
    static func read(_ name: String, from query: QueryReader) throws(APIError) -> Set<MetricKey>? {
        guard let texts = try query.list(name, maximumCount: 64) else { return nil }
        var selection: Set<MetricKey> = []
        for text in texts {
            let keys = keys(named: text)
            guard !keys.isEmpty else {
                throw query.mismatch(
                    name, "a list of cpu, memory, load, disk, network, processes or of keys like cpu.usage_percent",
                    text)
            }
            selection.formUnion(keys)
        }
        return selection
    }

    private static func keys(named text: Substring) -> [MetricKey] {
        if let key = MetricKey(name: String(text)) { return [key] }
        let group = aliases[text] ?? text
        return MetricKey.all.filter { $0.group == group }
    }
}

extension SystemEventQuery {
    /// The query of `GET /agents/{agent_id}/events`.
    init(_ context: RequestContext) throws(APIError) {
        self.init(agent: try context.agentID)
        kind = try context.query.name("kind")
        minimumSeverity = try context.query.choice("severity", of: SystemEventSeverity.self)
        (since, until) = try context.query.period(endingAt: context.now)
    }
}
