import JSON
import Model
import Payloads
import Service

extension RouteTable {
    static let logRoutes: [Route] = [
        Route(
            .get, "/logs/search", .atLeast(.viewer), "Search the logs of the hosts, the newest first",
            query: [
                .init(name: "agent_id", summary: "Only of this agent"),
                .init(name: "level", summary: "Only of these levels, between commas: WARN,ERROR"),
                .init(name: "min_level", summary: "Of this level or a more serious one"),
                .init(name: "component", summary: "Only of this program, unit or service"),
                .init(name: "q", summary: "Words that all occur; \"a phrase\"; a beginning*"),
                .since, .until,
            ] + .paging,
            response: "LogList"
        ) { context in
            let page = try context.query.page
            let query = try LogQuery(context)
            let list = try await context.service.searchLogs(query, page: page, for: context.principal)
            return .page("logs", list, page) { $0.write(to: &$1) }
        },
        Route(
            .get, "/logs/patterns", .atLeast(.viewer), "The most frequent kinds of log lines of an agent",
            query: [
                .init(name: "agent_id", summary: "Of this agent; required"),
                .init(name: "min_level", summary: "Of this level or a more serious one, ERROR unless told"),
                .init(name: "window", summary: "How far back lines are counted as recent: 1s to 1h, 1h unless told"),
                .init(name: "limit", summary: "1 to 1000, 20 unless told"),
            ],
            response: "LogPatternList"
        ) { context in
            let query = try LogPatternQuery(context)
            let patterns = try await context.service.logPatterns(query, for: context.principal)
            let page = Page(items: patterns, total: patterns.count)
            return .page("patterns", page, PageRequest()) { $0.write(to: &$1) }
        },
    ]
}
