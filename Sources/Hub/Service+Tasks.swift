import Broker
import Logging
package import Model
package import Service
import Storage

// What the API asks for about tasks, in the terms of Service.

extension Hub {
    package func runShell(_ request: ShellTaskRequest, for principal: Principal) async throws -> TaskRecord {
        let agent = try visibleAgent(request.agent, principal)
        let actor = principal.token?.text ?? ""
        guard agent.allows("shell") else {
            audit(actor, "POST /tasks/shell", request.agent.text, "", "not_allowed_by_agent")
            throw ServiceError.notAllowedByAgent(request.agent, .shell)
        }
        let task = try await createTask(
            .shell, command: request.command, on: request.agent, timeout: request.timeout,
            deployment: request.deploymentID.map { DeploymentPlan(id: DeploymentID($0), name: $0) })
        audit(actor, "POST /tasks/shell", "\(task.id) on \(task.agent): \(task.command.prefix(1_000))", "", "ok")
        return task
    }

    package func task(_ id: TaskID, for principal: Principal) async throws -> TaskRecord {
        try await visibleTask(id, principal)
    }

    package func tasks(_ filter: TaskSelection, page: PageRequest, for principal: Principal) async throws -> Page<
        TaskRecord
    > {
        var query = TaskQuery()
        query.agent = filter.agent
        query.status = filter.status
        query.limit = page.perPage
        query.offset = page.offset
        if !principal.scope.isUnrestricted {
            query.agents = agents.values.filter { sees(principal, $0) }.map(\.id)
        }
        do {
            // What runs is newer here than in the store; its status changes are in both within milliseconds.
            let found = try await store.tasks(query)
            return Page(items: found.tasks.map { tasks[$0.id]?.record ?? $0 }, total: found.total)
        } catch {
            throw ServiceError.storeUnavailable(reason: "\(error)")
        }
    }

    package func taskOutput(_ id: TaskID, maximumBytes: Int, for principal: Principal) async throws -> TaskOutputText {
        let task = try await visibleTask(id, principal)
        return try await TaskText.read(task.id, from: store.outputReader, maximumBytes: maximumBytes)
    }

    package func cancelTask(_ id: TaskID, for principal: Principal) async throws {
        let record = try await visibleTask(id, principal)
        try cancel(id, of: record)
        audit(principal.token?.text ?? "", "DELETE /tasks/{task_id}", id.text, "", "ok")
    }

    func visibleTask(_ id: TaskID, _ principal: Principal) async throws -> TaskRecord {
        let record: TaskRecord?
        if let running = tasks[id] {
            record = running.record
        } else {
            do {
                record = try await store.task(id)
            } catch {
                throw ServiceError.storeUnavailable(reason: "\(error)")
            }
        }
        guard let record, principal.scope.allows(record.agent, labels: agents[record.agent]?.record.labels ?? [:])
        else { throw ServiceError.notFound(.task, id: id.text) }
        return record
    }
}
