import GRDB
package import Model

extension MetricsStore {
    /// The newest of each agent, by agent.
    package func lastHealth() async throws(StoreError) -> [HealthRecord] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT name, time, data FROM health_last JOIN agents ON agents.id = agent ORDER BY name"
            ).map(HealthRecord.init(row:))
        }
    }

    /// The newest first; see `append(_:)` for which there are.
    package func healthHistory(
        of agent: AgentID, from start: WallTime, to end: WallTime, limit: Int
    ) async throws(StoreError) -> [HealthRecord] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT name, time, data FROM agents CROSS JOIN health ON agent = agents.id
                    WHERE name = ? AND time >= ? AND time < ? ORDER BY time DESC LIMIT ?
                    """,
                arguments: [agent.text, start.millisecondsSince1970, end.millisecondsSince1970, limit]
            ).map(HealthRecord.init(row:))
        }
    }
}

enum HealthTable {
    static func insert(_ record: HealthRecord, interval: Milliseconds, _ database: Database) throws {
        let agent = try MetricsTables.addedAgent(record.agent.text, database)
        let time = record.time.millisecondsSince1970
        let stored = StoredHealth(record)
        let text = try JSONText.encode(stored)
        try database.cachedStatement(
            sql: """
                INSERT INTO health_last VALUES (?, ?, ?) ON CONFLICT (agent) DO UPDATE
                SET time = excluded.time, data = excluded.data WHERE excluded.time >= time
                """
        ).execute(arguments: [agent, time, text])
        guard try isNews(stored, of: agent, at: time, interval: interval, database) else { return }
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO health VALUES (?, ?, ?)")
            .execute(arguments: [agent, time, text])
    }

    private static func isNews(
        _ record: StoredHealth, of agent: Int64, at time: Int64, interval: Milliseconds, _ database: Database
    ) throws -> Bool {
        let before = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT time, data FROM health WHERE agent = ? AND time <= ? ORDER BY time DESC LIMIT 1"),
            arguments: [agent, time])
        guard let before else { return true }
        let last: Int64 = before["time"]
        if time - last >= Int64(interval) { return true }
        return try !record.saysTheSame(as: JSONText.decode(StoredHealth.self, from: before["data"]))
    }
}

/// The stored form of `HealthRecord`; what a host does not give is absent.
struct StoredHealth: Codable, Equatable {
    struct Service: Codable, Equatable {
        var name: String
        var state: String
        var detail: String
    }

    var cpu: Double?
    var memory: Double?
    var disk: Double?
    var mount: String?
    var swap: Double?
    var load1: Double?
    var load5: Double?
    var load15: Double?
    var cores: Int?
    var uptime: UInt64?
    var services: [Service]?
    var containers: [String]?
    var units: [String]?

    init(_ record: HealthRecord) {
        cpu = record.cpuUsage.finite
        memory = record.memoryUsage.finite
        disk = record.diskUsage.finite
        mount = record.diskMountPoint
        swap = record.swapUsage.finite
        load1 = record.load1.finite
        load5 = record.load5.finite
        load15 = record.load15.finite
        cores = record.coreCount
        uptime = record.uptimeSeconds
        services = record.services.map { Service(name: $0.name, state: $0.state, detail: $0.detail) }.nonEmpty
        containers = record.unhealthyContainers.nonEmpty
        units = record.failedUnits.nonEmpty
    }

    /// Apart from numbers.
    func saysTheSame(as other: Self) -> Bool {
        services == other.services && containers == other.containers && units == other.units && mount == other.mount
    }
}

extension HealthRecord {
    fileprivate init(row: Row) throws {
        self.init(agent: AgentID(row["name"]), time: row.requiredTime("time"))
        let stored = try JSONText.decode(StoredHealth.self, from: row["data"])
        cpuUsage = stored.cpu
        memoryUsage = stored.memory
        diskUsage = stored.disk
        diskMountPoint = stored.mount
        swapUsage = stored.swap
        load1 = stored.load1
        load5 = stored.load5
        load15 = stored.load15
        coreCount = stored.cores
        uptimeSeconds = stored.uptime
        services = (stored.services ?? []).map { Service(name: $0.name, state: $0.state, detail: $0.detail) }
        unhealthyContainers = stored.containers ?? []
        failedUnits = stored.units ?? []
    }
}

extension Array {
    fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}
