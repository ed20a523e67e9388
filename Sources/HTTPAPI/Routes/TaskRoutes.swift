import JSON
import Model
import Service

extension RouteTable {
    static let taskRoutes: [Route] = [
        Route(
            .post, "/tasks/shell", .atLeast(.operator), "Run a shell command on an agent",
            body: .json(schema: "ShellTaskRequest"), response: "TaskCreated", statuses: [201],
            errors: [.agentNotFound, .notAllowedByAgent, .conflict, .rateLimited]
        ) { context in
            let request = try ShellTaskRequest(context)
            let task = try await context.service.runShell(request, for: context.principal)
            return .created(task)
        },
        Route(
            .get, "/tasks", .atLeast(.viewer), "List tasks, the newest first",
            query: [.status, .agentID] + .paging, response: "TaskList"
        ) { context in
            try await taskList(context, agent: try context.query.identifier("agent_id", as: AgentID.self))
        },
        Route(
            .get, "/agents/{agent_id}/tasks", .atLeast(.viewer), "List the tasks of an agent, the newest first",
            query: [.status] + .paging, response: "TaskList"
        ) { context in
            let agent = try context.agentID
            _ = try await context.service.agent(agent, for: context.principal)  // 404 where it does not exist for them
            return try await taskList(context, agent: agent)
        },
        Route(.get, "/tasks/{task_id}", .atLeast(.viewer), "One task", response: "Task") { context in
            let id = try context.taskID
            let task = try await context.service.task(id, for: context.principal)
            return .json { task.write(to: &$0) }
        },
        Route(
            .get, "/tasks/{task_id}/output", .atLeast(.viewer), "What a task has printed so far",
            response: "text/plain"
        ) { context in
            let output = try await context.service.taskOutput(
                try context.taskID, maximumBytes: context.configuration.maximumOutputBytes, for: context.principal)
            var response = HTTPResponse(status: 200, headers: [("Content-Type", "text/plain; charset=utf-8")])
            response.body = output.bytes
            if output.isTruncated { response.headers.append(("Sluice-Truncated", "true")) }
            return response
        },
        Route(
            .delete, "/tasks/{task_id}", .atLeast(.operator), "Cancel a task", response: "Message",
            errors: [.taskFinished]
        ) { context in
            try await context.service.cancelTask(try context.taskID, for: context.principal)
            return .json { $0.object { $0.member("message", "task cancelled") } }
        },
    ]

    private static func taskList(_ context: RequestContext, agent: AgentID?) async throws -> HTTPResponse {
        let page = try context.query.page
        let filter = TaskSelection(agent: agent, status: try context.query.choice("status", of: TaskStatus.self))
        let list = try await context.service.tasks(filter, page: page, for: context.principal)
        return .page("tasks", list, page) { $0.write(to: &$1) }
    }
}

extension Route.QueryParameter {
    fileprivate static let status = Self("status", .choice(TaskStatus.self), "Only in this status")
}
