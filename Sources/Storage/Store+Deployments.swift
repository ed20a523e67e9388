import GRDB
package import Model

extension StoreWrite {
    /// Inserts or replaces the whole record.
    package static func save(_ deployment: DeploymentRecord) -> Self {
        StoreWrite { database in
            let status = deployment.status
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO deployments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                deployment.id.text, deployment.name, deployment.agent.text, deployment.task.text,
                status.phase.rawValue, status.progress, status.message,
                try JSONText.encode(status.services.map { [$0.name, $0.state, $0.health.rawValue] }),
                status.health.rawValue, deployment.createdAt.millisecondsSince1970,
                deployment.updatedAt.millisecondsSince1970, deployment.finishedAt?.millisecondsSince1970,
                deployment.exitCode, deployment.summary,
            ])
        }
    }
}

extension Store {
    package func deployment(_ id: DeploymentID) async throws(StoreError) -> DeploymentRecord? {
        try await read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM deployments WHERE id = ?", arguments: [id.text])
                .map(DeploymentRecord.init(row:))
        }
    }

    /// Those without an end, for the start of the gateway.
    package func unfinishedDeployments() async throws(StoreError) -> [DeploymentRecord] {
        try await read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM deployments WHERE finished_at IS NULL")
                .map(DeploymentRecord.init(row:))
        }
    }

    /// The newest first.
    /// - Parameter agents: only deployments on one of these; nil: all.
    /// - Returns: a page of them, and how many there are on all pages.
    package func deployments(
        _ selection: DeploymentSelection, agents: Set<AgentID>? = nil, offset: Int, limit: Int
    ) async throws(StoreError) -> (items: [DeploymentRecord], total: Int) {
        try await read { database in
            let (condition, arguments) = try selection.condition(agents)
            let total = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM deployments WHERE \(condition)", arguments: arguments)
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT * FROM deployments WHERE \(condition) ORDER BY created_at DESC, id LIMIT ? OFFSET ?",
                arguments: arguments + [limit, offset])
            return (try rows.map(DeploymentRecord.init(row:)), total ?? 0)
        }
    }
}

extension DeploymentSelection {
    fileprivate func condition(_ agents: Set<AgentID>?) throws -> (sql: String, arguments: StatementArguments) {
        var terms = ["1"]
        var arguments: StatementArguments = []
        if let agent {
            terms.append("agent_id = ?")
            arguments += [agent.text]
        }
        if let phase {
            terms.append("phase = ?")
            arguments += [phase.rawValue]
        }
        if let agents {
            terms.append("agent_id IN (SELECT value FROM json_each(?))")
            arguments += [try JSONText.encode(agents.map(\.text))]
        }
        return (terms.joined(separator: " AND "), arguments)
    }
}

extension DeploymentRecord {
    fileprivate init(row: Row) throws {
        let services = try JSONText.decode([[String]].self, from: row["services"])
        let status = DeploymentStatus(
            phase: try row.value(DeploymentPhase.init(rawValue:), of: "phase"), progress: row["progress"],
            message: row["message"],
            services: services.compactMap { parts in
                guard parts.count == 3, let health = DeploymentHealth(rawValue: parts[2]) else { return nil }
                return DeploymentService(name: parts[0], state: parts[1], health: health)
            },
            health: try row.value(DeploymentHealth.init(rawValue:), of: "health"))
        self.init(
            id: DeploymentID(row["id"]), name: row["name"], agent: AgentID(row["agent_id"]),
            task: TaskID(row["task_id"]), status: status, createdAt: row.requiredTime("created_at"))
        updatedAt = row.requiredTime("updated_at")
        finishedAt = row.time("finished_at")
        exitCode = row["exit_code"]
        summary = row["summary"]
    }
}
