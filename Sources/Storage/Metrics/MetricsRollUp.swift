import GRDB
import Model

/// Minutes from samples, hours from minutes, and the end of what is old: each step a transaction of a few agents, made
/// from stored rows alone. A step that is cut off, or comes again, changes nothing that is right; a clock that was set
/// back makes minutes and hours come a second time, and they are then made anew from all of their samples.
struct MetricsRollUp {
    let store: MetricsStore
    let now: WallTime

    private static let rowsPerPass = 50_000
    private static let agentsPerStep = 100

    func rollUp() async throws(StoreError) {
        while try await rollUpMinutes() {}
        for hour in try await dueHours() { try await rollUp(hour: hour) }
    }

    // MARK: Minutes

    private struct Recent: Sendable {
        var id: Int64
        var time: Int64
        var data: [UInt8]
    }

    /// True when there is more.
    private func rollUpMinutes() async throws(StoreError) -> Bool {
        // Those that are over; and those far ahead, from before the clock was set back.
        let current = WallTime.start(ofStretch: MetricsTables.minute, containing: now).millisecondsSince1970
        let ahead = current + 2 * Int64(MetricsTables.minute)
        let byAgent = try await store.read { database in
            var byAgent: [Int64: [Recent]] = [:]
            let statement = try RawStatement(
                database,
                """
                SELECT id, agent, time, data FROM recent WHERE time < ? OR time >= ? ORDER BY id
                LIMIT \(Self.rowsPerPass)
                """)
            statement.bind(current, at: 1)
            statement.bind(ahead, at: 2)
            try statement.forEachRow { row in
                byAgent[row.integer(1), default: []].append(
                    Recent(id: row.integer(0), time: row.integer(2), data: row.bytes(3)))
                return true
            }
            return byAgent
        }
        var agents = byAgent.keys.sorted()[...]
        while !agents.isEmpty {
            let step = Array(agents.prefix(Self.agentsPerStep))
            agents = agents.dropFirst(step.count)
            try await store.write { database in
                for agent in step { try Self.fold(byAgent[agent] ?? [], of: agent, database) }
            }
        }
        return byAgent.values.reduce(0) { $0 + $1.count } == Self.rowsPerPass
    }

    /// Moves samples from `recent` into their minutes; those that are gone from there are in theirs.
    private static func fold(_ due: [Recent], of agent: Int64, _ database: Database) throws {
        let delete = try database.cachedStatement(sql: "DELETE FROM recent WHERE id = ?")
        let rows = try due.filter { row in
            try delete.execute(arguments: [row.id])
            return database.changesCount > 0
        }
        let minutes = Dictionary(grouping: rows) {
            WallTime(millisecondsSince1970: $0.time).stretch(MetricsTables.minute)
        }
        for (minute, rows) in minutes {
            let known = try MetricsTables.data(in: .samples, of: agent, at: minute, database)
            var samples = try known.map(MetricsCodec.samples) ?? []
            for row in rows { samples += try MetricsCodec.samples(row.data) }
            samples.sort { $0.time < $1.time }
            try MetricsTables.put(MetricsCodec.encode(samples), in: .samples, of: agent, at: minute, database)
            let start = WallTime(stretch: minute, of: MetricsTables.minute)
            var row = RollUp(start: start, duration: MetricsTables.minute)
            for sample in samples { row.add(sample.values) }
            try MetricsTables.put(MetricsCodec.encode(row), in: .minutes, of: agent, at: minute, database)
            try database.cachedStatement(sql: "INSERT OR IGNORE INTO due_hours VALUES (?)")
                .execute(arguments: [start.stretch(MetricsTables.hour)])
        }
    }

    // MARK: Hours

    private func dueHours() async throws(StoreError) -> [Int64] {
        let current = now.stretch(MetricsTables.hour)
        return try await store.read { database in
            try Int64.fetchAll(
                database, sql: "SELECT hour FROM due_hours WHERE hour <> ? ORDER BY hour", arguments: [current])
        }
    }

    private func rollUp(hour: Int64) async throws(StoreError) {
        try await forEachStep { agents, database in
            for agent in agents { try Self.rollUp(hour: hour, of: agent, database) }
        }
        try await store.write { database in
            try database.execute(sql: "DELETE FROM due_hours WHERE hour = ?", arguments: [hour])
        }
    }

    private static func rollUp(hour: Int64, of agent: Int64, _ database: Database) throws {
        let start = WallTime(stretch: hour, of: MetricsTables.hour)
        let first = start.stretch(MetricsTables.minute)
        var row = RollUp(start: start, duration: MetricsTables.hour)
        try MetricsTables.rows(in: .minutes, of: agent, from: first, to: first + 59, database) { minute, data in
            let begin = WallTime(stretch: minute, of: MetricsTables.minute)
            row.merge(try MetricsCodec.rollUp(data, start: begin, duration: MetricsTables.minute))
        }
        guard !row.isEmpty else { return }
        try MetricsTables.put(MetricsCodec.encode(row), in: .hours, of: agent, at: hour, database)
    }

    // MARK: Retention

    func removeOld() async throws(StoreError) {
        let settings = store.settings
        let minute = MetricsTables.minute, hour = MetricsTables.hour
        let samples = (now + (-settings.rawRetention)).stretch(minute)
        let minutes = (now + (-settings.minuteRetention)).stretch(minute)
        let hours = (now + (-settings.hourRetention)).stretch(hour)
        let health = (now + (-settings.healthRetention)).millisecondsSince1970
        try await forEachStep { agents, database in
            for agent in agents {
                for (condition, oldest) in [
                    ("samples WHERE agent = ? AND minute < ?", samples),
                    ("minutes WHERE agent = ? AND minute < ?", minutes),
                    ("hours WHERE agent = ? AND hour < ?", hours), ("health WHERE agent = ? AND time < ?", health),
                ] {
                    try database.cachedStatement(sql: "DELETE FROM \(condition)").execute(arguments: [agent, oldest])
                }
            }
        }
    }

    /// All agents, a few in each transaction.
    private func forEachStep(
        _ body: @escaping @Sendable ([Int64], Database) throws -> Void
    ) async throws(StoreError) {
        var last: Int64 = 0
        while true {
            let after = last
            let agents = try await store.read { database in
                try Int64.fetchAll(
                    database, sql: "SELECT id FROM agents WHERE id > ? ORDER BY id LIMIT ?",
                    arguments: [after, Self.agentsPerStep])
            }
            guard let newest = agents.last else { return }
            try await store.write { try body(agents, $0) }
            last = newest
        }
    }
}
