import Model
import Payloads
import Service

extension RouteTable {
    static let historyRoutes: [Route] = [
        Route(
            .get, "/agents/{agent_id}/metrics/history", .atLeast(.viewer), "The metrics of an agent over time",
            query: [
                .init(name: "start", summary: "Seconds since 1970 or RFC 3339; an hour before the end unless told"),
                .init(name: "end", summary: "The same; now unless told"),
                .init(name: "max_points", summary: "1 to 10000, 500 unless told; values are merged to as few"),
                .init(name: "metrics", summary: "Keys or groups between commas: cpu,memory.usage_percent"),
            ],
            response: "MetricsHistory"
        ) { context in
            let query = try MetricsHistoryQuery(context)
            let history = try await context.service.metricsHistory(query, for: context.principal)
            return .json { history.write(to: &$0, answering: query) }
        },
        Route(
            .get, "/agents/{agent_id}/events", .atLeast(.viewer),
            "What happened on the host of an agent, the newest first",
            query: [
                .init(name: "kind", summary: "Only of this kind: unit_failed, oom_kill, reboot..."),
                .init(name: "severity", summary: "info, warning or critical: at least so serious"),
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

extension Route.QueryParameter {
    static let since = Self(name: "since", summary: "How long ago (15m, 1h), seconds since 1970 or RFC 3339")
    static let until = Self(name: "until", summary: "The same; what is at this moment or later is left out")
}
