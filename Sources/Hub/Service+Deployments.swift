import Broker
package import Model
package import Service
import Storage

// What the API asks for about deployments, in the terms of Service.

extension Hub {
    package func deploy(_ request: DeploymentRequest, for principal: Principal) async throws -> TaskRecord {
        let agent = try visibleAgent(request.agent, principal)
        let actor = principal.token?.text ?? ""
        guard agent.allows("deploy") else {
            audit(actor, "POST /tasks/deployment", request.agent.text, "", "not_allowed_by_agent")
            throw ServiceError.notAllowedByAgent(request.agent, .deployment)
        }
        let command = DeploymentSteps.text(of: request.steps)
        guard command.utf8.count <= DeploymentSteps.maximumBytes else {
            throw ServiceError.invalidField(
                "steps", reason: "are more than \(DeploymentSteps.maximumBytes / 1_024) KiB together")
        }
        let id = request.id ?? DeploymentID("dep_" + RandomText.make(bits: 96))
        let task = try await createTask(
            .deployment, command: command, on: request.agent, timeout: request.timeout,
            deployment: DeploymentPlan(id: id, name: request.name))
        audit(
            actor, "POST /tasks/deployment", "\(id) as \(task.id) on \(task.agent): \(command.prefix(1_000))", "", "ok")
        return task
    }

    package func deployments(
        _ selection: DeploymentSelection, page: PageRequest, for principal: Principal
    ) async throws -> Page<DeploymentRecord> {
        let visible =
            principal.scope.isUnrestricted ? nil : Set(agents.values.filter { sees(principal, $0) }.map(\.id))
        do {
            // What runs is newer here than in the store, by a second at most.
            let found = try await store.deployments(
                selection, agents: visible, offset: page.offset, limit: page.perPage)
            return Page(items: found.items.map { deployments[$0.id]?.current ?? $0 }, total: found.total)
        } catch {
            throw ServiceError.storeUnavailable(reason: "\(error)")
        }
    }

    package func deployment(_ id: DeploymentID, for principal: Principal) async throws -> DeploymentRecord {
        try await visibleDeployment(id, principal).current
    }
}
