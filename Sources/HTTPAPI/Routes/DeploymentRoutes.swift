import JSON
import Model
import Payloads
import Service

extension RouteTable {
    static let deploymentRoutes: [Route] = [
        Route(
            .post, "/tasks/deployment", .atLeast(.operator), "Run a deployment on an agent: a command, or steps",
            body: .json(schema: "DeploymentRequest"), response: "TaskCreated", statuses: [201],
            errors: [.agentNotFound, .notAllowedByAgent, .conflict, .rateLimited]
        ) { context in
            let request = try DeploymentRequest(context)
            return .created(try await context.service.deploy(request, for: context.principal))
        },
        Route(
            .get, "/deployments", .atLeast(.viewer), "List deployments, the newest first",
            query: [
                .agentID, .init("status", .choice(DeploymentPhase.self), "Only in this status"),
            ] + .paging,
            response: "DeploymentList"
        ) { context in
            let page = try context.query.page
            let selection = DeploymentSelection(
                agent: try context.query.identifier("agent_id", as: AgentID.self),
                phase: try context.query.choice("status", of: DeploymentPhase.self))
            let list = try await context.service.deployments(selection, page: page, for: context.principal)
            return .page("deployments", list, page) { $0.write(to: &$1, now: context.now) }
        },
        Route(
            .get, "/deployments/{deployment_id}", .atLeast(.viewer), "One deployment", response: "Deployment"
        ) { context in
            let deployment = try await context.service.deployment(try context.deploymentID, for: context.principal)
            return .json { deployment.write(to: &$0, now: context.now) }
        },
    ]
}
