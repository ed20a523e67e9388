import GRDB
package import Model

extension StoreWrite {
    /// Inserts or replaces the whole record.
    package static func save(_ task: TaskRecord) -> Self {
        StoreWrite { database in
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                task.id.text, task.agent.text, task.operation.rawValue, task.command, task.deploymentID,
                task.status.rawValue, task.reason, task.timeout, task.createdAt.millisecondsSince1970,
                task.updatedAt.millisecondsSince1970, task.startedAt?.millisecondsSince1970,
                task.finishedAt?.millisecondsSince1970, task.exitCode, task.cancelRequested,
                Int64(clamping: task.lineCount), Int64(clamping: task.byteCount),
                task.finalSeq.map { Int64(clamping: $0) },
            ])
        }
    }
}

/// Which tasks a list shows.
package struct TaskQuery: Sendable {
    package var agent: AgentID?
    package var status: TaskStatus?
    /// Only tasks of agents that this scope names; scopes by label are the caller's to resolve into ids. Nil: all.
    package var agents: [AgentID]?
    package var limit = 100
    package var offset = 0

    package init() {}
}

package struct TaskPage: Sendable, Equatable {
    /// The newest first.
    package var tasks: [TaskRecord]
    /// Of all pages.
    package var total: Int
}

extension Store {
    package func task(_ id: TaskID) async throws(StoreError) -> TaskRecord? {
        try await read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM tasks WHERE id = ?", arguments: [id.text])
                .map(TaskRecord.init(row:))
        }
    }

    /// Those without an end, for the start of the gateway.
    package func unfinishedTasks() async throws(StoreError) -> [TaskRecord] {
        try await read { database in
            let sql = "SELECT * FROM tasks WHERE finished_at IS NULL ORDER BY created_at"
            return try Row.fetchAll(database, sql: sql).map(TaskRecord.init(row:))
        }
    }

    package func tasks(_ query: TaskQuery) async throws(StoreError) -> TaskPage {
        try await read { database in
            let (condition, arguments) = try query.condition()
            let total = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM tasks WHERE \(condition)", arguments: arguments)
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT * FROM tasks WHERE \(condition) ORDER BY created_at DESC, id LIMIT ? OFFSET ?",
                arguments: arguments + [query.limit, query.offset])
            return TaskPage(tasks: try rows.map(TaskRecord.init(row:)), total: total ?? 0)
        }
    }
}

extension TaskQuery {
    fileprivate func condition() throws -> (sql: String, arguments: StatementArguments) {
        var terms = ["1"]
        var arguments: StatementArguments = []
        if let agent {
            terms.append("agent_id = ?")
            arguments += [agent.text]
        }
        if let status {
            terms.append("status = ?")
            arguments += [status.rawValue]
        }
        if let agents {
            terms.append("agent_id IN (SELECT value FROM json_each(?))")
            arguments += [try JSONText.encode(agents.map(\.text))]
        }
        return (terms.joined(separator: " AND "), arguments)
    }
}

extension TaskRecord {
    fileprivate init(row: Row) throws {
        self.init(
            id: TaskID(row["id"]), agent: AgentID(row["agent_id"]),
            operation: try row.value(TaskOperation.init(rawValue:), of: "operation"), command: row["command"],
            status: try row.value(TaskStatus.init(rawValue:), of: "status"), timeout: row["timeout"],
            createdAt: row.requiredTime("created_at"))
        deploymentID = row["deployment_id"]
        reason = row["reason"]
        updatedAt = row.requiredTime("updated_at")
        startedAt = row.time("started_at")
        finishedAt = row.time("finished_at")
        exitCode = row["exit_code"]
        cancelRequested = row["cancel_requested"]
        lineCount = UInt64(clamping: row["line_count"] as Int64)
        byteCount = UInt64(clamping: row["byte_count"] as Int64)
        finalSeq = (row["final_seq"] as Int64?).map { UInt64(clamping: $0) }
    }
}
