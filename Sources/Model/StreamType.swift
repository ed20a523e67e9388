/// The registry of stream types: this table is the only place that lists them. `GET /stream-types` prints it.
package enum StreamType: String, CaseIterable, Hashable, Sendable {
    case shellOutput = "shell_output"
    case dockerOutput = "docker_output"
    case containerLogs = "container_logs"
    case metrics
    case healthCheck = "health_check"
    case systemEvents = "system_events"
    case logAggregation = "log_aggregation"
    case processedMetrics = "processed_metrics"
    case alertEvents = "alert_events"
    case processedLogs = "processed_logs"
    case deploymentStatus = "deployment_status"
    case gatewayEvents = "gateway_events"
}

package enum StreamCategory: String, Sendable { case task, periodic, resource, event, `internal` }

/// Who receives what the stream carries.
package enum StreamDestination: String, Sendable { case client, server, hybrid }

package struct StreamTypeInfo: Sendable {
    package var type: StreamType
    package var category: StreamCategory
    package var destination: StreamDestination
    package var description: String
    /// Whether the first listener starts it on the agent (tasks start by themselves).
    package var autoStart: Bool
    package var autoStop: Bool
    /// Whether `resource` names something (a task, a container, a deployment).
    package var resourceBased: Bool
    package var multiInstance: Bool
    /// Whether events are kept for late and returning subscribers.
    package var buffered: Bool
    package var processOnServer: Bool
    /// The stream that a listener of this one needs from the agent, when that is another one.
    package var derivedFrom: StreamType?
    /// Whether `agent_id: "*"` may be subscribed to.
    package var allowsEveryAgent: Bool
    /// `type` in the envelope of its events.
    package var envelopeType: String
}

extension StreamType {
    package var info: StreamTypeInfo { Self.table[ordinal] }

    package var isClientStream: Bool { info.destination != .server }

    /// The stream whose samples its events are made of.
    package var source: StreamType { Self.sources[ordinal] }

    /// The text would be hashed without this, for every event.
    package func hash(into hasher: inout Hasher) { hasher.combine(ordinal) }

    private static let sources: [StreamType] = table.map { $0.derivedFrom ?? $0.type }

    /// By `ordinal`; every case has a row: StreamTypeTests.
    private static let table: [StreamTypeInfo] = allCases.map { type in rows.first { $0.type == type }! }

    /// The place of the case in `allCases`.
    private var ordinal: Int {
        switch self {
        case .shellOutput: 0
        case .dockerOutput: 1
        case .containerLogs: 2
        case .metrics: 3
        case .healthCheck: 4
        case .systemEvents: 5
        case .logAggregation: 6
        case .processedMetrics: 7
        case .alertEvents: 8
        case .processedLogs: 9
        case .deploymentStatus: 10
        case .gatewayEvents: 11
        }
    }

    private static let rows: [StreamTypeInfo] = [
        row(
            .shellOutput, .task, .client, "Output of a shell command, line by line",
            resource: true, multi: true, buffered: true, envelope: "task_output"),
        row(
            .dockerOutput, .task, .client, "Output of a Docker operation, line by line",
            resource: true, multi: true, buffered: true, envelope: "task_output"),
        row(
            .containerLogs, .resource, .client, "Log of a container as it is written",
            auto: true, resource: true, multi: true, envelope: "container_log"),
        row(
            .metrics, .periodic, .hybrid, "CPU, memory, disks, network, processes and load of a host",
            auto: true, process: true, every: true, envelope: "metrics_data"),
        row(
            .healthCheck, .periodic, .server, "Health of a host, for the gateway's own rules",
            auto: true, process: true, envelope: "health_check"),
        row(
            .systemEvents, .event, .server, "Failed units, OOM kills, reboots, logins and the like",
            auto: true, buffered: true, process: true, envelope: "system_events"),
        row(
            .logAggregation, .periodic, .server, "Log lines of a host, stored and made searchable",
            auto: true, buffered: true, process: true, envelope: "log_aggregation"),
        row(
            .processedMetrics, .periodic, .hybrid, "Metrics with trends, predictions, alerts and recommendations",
            auto: true, buffered: true, process: true, from: .metrics, every: true, envelope: "processed_metrics"),
        row(
            .alertEvents, .event, .hybrid, "Alerts as they begin, change and end",
            auto: true, buffered: true, process: true, from: .metrics, every: true, envelope: "alert_events"),
        row(
            .processedLogs, .event, .hybrid, "Log lines parsed, categorised and checked for threats",
            auto: true, buffered: true, process: true, from: .logAggregation, every: true, envelope: "processed_logs"),
        row(
            .deploymentStatus, .task, .hybrid, "Phase, progress and health of a deployment",
            resource: true, multi: true, buffered: true, process: true, envelope: "deployment_status"),
        row(
            .gatewayEvents, .internal, .server, "What happens in the gateway: agents, streams, subscriptions, clients",
            auto: true, buffered: true, process: true, envelope: "gateway_events"),
    ]

    private static func row(
        _ type: StreamType, _ category: StreamCategory, _ destination: StreamDestination, _ description: String,
        auto: Bool = false, resource: Bool = false, multi: Bool = false, buffered: Bool = false,
        process: Bool = false, from: StreamType? = nil, every: Bool = false, envelope: String
    ) -> StreamTypeInfo {
        StreamTypeInfo(
            type: type, category: category, destination: destination, description: description,
            autoStart: auto, autoStop: auto, resourceBased: resource, multiInstance: multi, buffered: buffered,
            processOnServer: process, derivedFrom: from, allowsEveryAgent: every, envelopeType: envelope)
    }
}
