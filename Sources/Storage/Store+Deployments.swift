import GRDB
package import Model

extension StoreWrite {
    /// Inserts or replaces.
    package static func save(_ deployment: DeploymentRecord) -> Self {
        StoreWrite { database in
            let status = deployment.status
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO deployments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                deployment.id.text, deployment.name, deployment.agent.text, deployment.task.text,
                status.phase.rawValue, status.progress, status.message,
                try JSONText.encode(status.services.map(StoredService.init)), status.health.rawValue,
                deployment.createdAt.millisecondsSince1970, deployment.updatedAt.millisecondsSince1970,
                deployment.finishedAt?.millisecondsSince1970, deployment.exitCode, deployment.summary,
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

    /// Those without an end, the oldest first: for the start of the gateway.
    package func unfinishedDeployments() async throws(StoreError) -> [DeploymentRecord] {
        try await read { database in
            let sql = "SELECT * FROM deployments WHERE finished_at IS NULL ORDER BY created_at, id"
            return try Row.fetchAll(database, sql: sql).map(DeploymentRecord.init(row:))
        }
    }

    /// The newest first.
    /// - Parameter agents: only deployments on one of these; nil: all.
    /// - Returns: a page of them, and how many there are on all pages.
    package func deployments(
        _ selection: DeploymentSelection, agents: Set<AgentID>? = nil, offset: Int, limit: Int
    ) async throws(StoreError) -> (items: [DeploymentRecord], total: Int) {
        var condition = SelectCondition()
        condition.add("agent_id = ?", selection.agent?.text)
        condition.add("phase = ?", selection.phase?.rawValue)
        try condition.add(agents: agents)
        return try await page(
            of: "deployments", where: condition, order: "created_at DESC, id", offset: offset, limit: limit,
            DeploymentRecord.init(row:))
    }
}

extension DeploymentRecord {
    fileprivate init(row: Row) throws {
        let services = try JSONText.decode([StoredService].self, from: row["services"])
        let status = DeploymentStatus(
            phase: try row.value(DeploymentPhase.init(rawValue:), of: "phase"), progress: row["progress"],
            message: row["message"], services: try services.map { try $0.service() },
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

/// The stored form of `DeploymentService`.
struct StoredService: Codable {
    var name: String
    var state: String
    var health: String

    init(_ service: DeploymentService) {
        name = service.name
        state = service.state
        health = service.health.rawValue
    }

    func service() throws -> DeploymentService {
        guard let health = DeploymentHealth(rawValue: health) else {
            throw StoreError.invalid(detail: "the stored health \(health) is not understood")
        }
        return DeploymentService(name: name, state: state, health: health)
    }
}
