import Broker
import Logging
package import Model
import Payloads
package import Service

extension Hub {
    package func runDocker(_ request: DockerTaskRequest, for principal: Principal) async throws -> TaskRecord {
        let agent = try visibleAgent(request.agent, principal)
        let actor = principal.token?.text ?? ""
        guard agent.allows("docker") else {
            audit(actor, "POST /tasks/docker", request.agent.text, "", "not_allowed_by_agent")
            throw ServiceError.notAllowedByAgent(request.agent, .docker)
        }
        let task = try await createTask(
            .docker, command: request.operation.text, on: request.agent, timeout: request.timeout)
        let summary = request.operation.summary.prefix(1_000)
        audit(actor, "POST /tasks/docker", "\(task.id) on \(task.agent): \(summary)", "", "ok")
        return task
    }
}
