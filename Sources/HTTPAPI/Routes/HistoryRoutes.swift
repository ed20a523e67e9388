import JSON
import Model
import Payloads
import Service

extension RouteTable {
    static let historyRoutes: [Route] = [
        Route(
            .get, "/agents/{agent_id}/metrics/history", .atLeast(.viewer), "The metrics of an agent over time",
            query: [
                .init("start", .moment, "Seconds since 1970 or RFC 3339; an hour before the end unless told"),
                .init("end", .moment, "The same; now unless told"),
                .init(
                    "max_points",
                    .integer(MetricsHistoryQuery.maxPointsRange)
                        .usually(.integer(Int64(MetricsHistoryQuery.defaultMaxPoints))),
                    "Values are merged to as few"),
                .init(
                    "metrics", .commaSeparated(MetricSelection.names),
                    "Keys or groups between commas: cpu,memory.usage_percent"),
            ],
            response: "History", age: .kept
        ) { context in
            let query = try MetricsHistoryQuery(context)
            let history = try await context.service.metricsHistory(query, for: context.principal)
            return .json { history.write(to: &$0, answering: query) }
        },
        Route(
            .get, "/agents/{agent_id}/events", .atLeast(.viewer),
            "What happened on the host of an agent, the newest first",
            query: [
                .init("kind", .identifier, "Only of this kind: unit_failed, oom_kill, reboot..."),
                .init("severity", .choice(SystemEventSeverity.self), "At least so serious"),
                .since, .until,
            ] + .paging,
            response: "EventList"
        ) { context in
            let page = try context.query.page
            let query = try SystemEventQuery(context)
            let list = try await context.service.systemEvents(query, page: page, for: context.principal)
            return .page("events", list, page) { $0.write(to: &$1) }
        },
    ]
}
