/// What this agent can stream. A new type is a file with its runner, and a row here.
struct StreamRegistry: Sendable {
    typealias Maker = @Sendable (StreamSpec, StreamContext) throws(StreamRejection) -> any StreamRunner

    static let standard = StreamRegistry(rows: [
        ("metrics", { (spec, context) throws(StreamRejection) in try MetricsRunner(spec, context) }),
        ("health_check", { (spec, context) throws(StreamRejection) in try HealthCheckRunner(spec, context) }),
        ("system_events", { (spec, context) throws(StreamRejection) in try SystemEventsRunner(spec, context) }),
    ])

    /// With the streams that have to be configured.
    static func standard(logs: Bool, containers: Bool) -> StreamRegistry {
        StreamRegistry(rows: standard.rows + (containers ? [containerRow] : []) + (logs ? [logRow] : []))
    }

    private static let containerRow: (type: String, make: Maker) = (
        "container_logs",
        { (spec, context) throws(StreamRejection) in try ContainerLogRunner(spec, context) }
    )

    private static let logRow: (type: String, make: Maker) = (
        "log_aggregation",
        { (spec, context) throws(StreamRejection) in try LogAggregationRunner(spec, context) }
    )

    let rows: [(type: String, make: Maker)]

    var types: [String] { rows.map(\.type) }

    func make(_ spec: StreamSpec, _ context: StreamContext) throws(StreamRejection) -> any StreamRunner {
        guard let row = rows.first(where: { $0.type == spec.type }) else {
            throw StreamRejection(code: .unsupported, message: "this agent has no streams of the type \(spec.type)")
        }
        return try row.make(spec, context)
    }
}
