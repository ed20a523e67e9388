import JSON
import Model
import Service

extension RouteTable {
    static let containerRoutes: [Route] = [
        Route(
            .post, "/tasks/docker", .atLeast(.operator), "Run an operation on the containers of an agent",
            body: .json(schema: "DockerTaskRequest"), response: "TaskCreated", statuses: [201],
            errors: [.agentNotFound, .notAllowedByAgent, .conflict, .rateLimited]
        ) { context in
            let request = try DockerTaskRequest(context)
            return .created(try await context.service.runDocker(request, for: context.principal))
        },
        Route(
            .get, "/agents/{agent_id}/containers", .atLeast(.viewer),
            "List the containers of an agent, as they are now", query: .paging, response: "ContainerList",
            errors: [.agentOffline, .engineUnavailable]
        ) { context in
            let page = try context.query.page
            let containers = try await context.service.containers(of: try context.agentID, for: context.principal)
            return .page("containers", page.slice(containers), page) { $0.write(to: &$1) }
        },
    ]
}
