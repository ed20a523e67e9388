import JSON
import Model
import Payloads
import Service

extension RouteTable {
    static let logRoutes: [Route] = [
        Route(
            .get, "/logs/search", .atLeast(.viewer), "Search the logs of the hosts, the newest first",
            query: [
                .init("agent_id", .either(.identifier, .choice(["*"])), "Only of this agent"),
                .init(
                    "level", .commaSeparated(LogLevel.allCases.map(\.name)),
                    "Only of these levels, between commas: WARN,ERROR"),
                .logLevel("min_level", "Of this level or a more serious one"),
                .init(
                    "component", .text(upTo: LogQuery.maximumComponentBytes), "Only of this program, unit or service"),
                .init("q", .words(upTo: LogQuery.maximumTextBytes), "Words that all occur; \"a phrase\"; a beginning*"),
                .since, .until,
            ] + .paging,
            response: "LogList", errors: [.agentNotFound]
        ) { context in
            let page = try context.query.page
            let query = try LogQuery(context)
            let list = try await context.service.searchLogs(query, page: page, for: context.principal)
            return .page("logs", list, page) { $0.write(to: &$1) }
        },
        Route(
            .get, "/logs/patterns", .atLeast(.viewer), "The most frequent kinds of log lines of an agent",
            query: [
                .init("agent_id", .identifier, "Of this agent", isRequired: true),
                .logLevel("min_level", "Of this level or a more serious one, ERROR unless told"),
                .init(
                    "window", .durationText(LogPatternQuery.windowRange),
                    "How far back lines are counted as recent: 1s to 1h, 1h unless told"),
                .init("limit", .integer(LogPatternQuery.limitRange).usually(.integer(20)), "How many patterns"),
            ],
            response: "LogPatternList", errors: [.agentNotFound]
        ) { context in
            let query = try LogPatternQuery(context)
            let patterns = try await context.service.logPatterns(query, for: context.principal)
            let page = Page(items: patterns, total: patterns.count)
            return .page("patterns", page, PageRequest()) { $0.write(to: &$1) }
        },
    ]
}
