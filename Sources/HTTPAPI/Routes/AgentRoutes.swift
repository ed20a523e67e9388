import Payloads
import JSON
import Model
import Service

extension RouteTable {
    static let agentRoutes: [Route] = [
        Route(
            .get, "/agents", .atLeast(.viewer), "List the agents that are known", query: .paging,
            response: "AgentList"
        ) { context in
            let page = try context.query.page
            let list = try await context.service.agents(page: page, for: context.principal)
            return .page("agents", list, page) { $0.write(to: &$1) }
        },
        Route(.get, "/agents/{agent_id}", .atLeast(.viewer), "One agent", response: "Agent") { context in
            let agent = try await context.service.agent(try context.agentID, for: context.principal)
            return .json { agent.write(to: &$0) }
        },
        Route(
            .get, "/agents/{agent_id}/metrics", .atLeast(.viewer), "The last metrics of an agent",
            response: "MetricsData", errors: [.metricsNotFound], age: .kept
        ) { context in
            let id = try context.agentID
            guard let metrics = try await context.service.agentMetrics(id, for: context.principal) else {
                throw APIError(.metricsNotFound, "there are no metrics of agent \(id) yet: subscribe to them")
            }
            return .json(bytes: metrics)
        },
        Route(
            .get, "/agents/{agent_id}/system", .atLeast(.viewer), "Hardware, software and network of an agent",
            response: "SystemInfo", errors: [.systemNotFound], age: .kept
        ) { context in
            let id = try context.agentID
            guard let system = try await context.service.agentSystem(id, for: context.principal) else {
                throw APIError(.systemNotFound, "there is no system information of agent \(id) yet")
            }
            return .json(bytes: system)
        },
        Route(
            .post, "/agents/{agent_id}/system/refresh", .atLeast(.operator), "Read the system information anew",
            body: .json(schema: "SystemRefreshRequest", isOptional: true), response: "SystemRefresh", statuses: [202],
            errors: [.agentOffline], age: .kept
        ) { context in
            let id = try context.agentID
            let parts = try SystemParts(context)
            let task = try await context.service.refreshSystem(id, parts: parts, for: context.principal)
            return .json(202) {
                $0.object {
                    $0.member("task_id", task.id)
                    $0.member("status", task.status.rawValue)
                }
            }
        },
        Route(
            .get, "/metrics/agents", .atLeast(.viewer), "What is known of the metrics of each agent",
            response: "MetricsAgents", age: .kept
        ) { context in
            let agents = try await context.service.metricsAgents(for: context.principal)
            return .json {
                $0.object {
                    $0.object("agents") {
                        for agent in agents {
                            $0.name(agent.id.text)
                            agent.write(to: &$0)
                        }
                    }
                }
            }
        },
    ]
}
