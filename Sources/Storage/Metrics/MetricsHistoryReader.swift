import GRDB
package import Model

extension MetricsStore {
    /// From the finest rows that the number of points allows and that are still kept since the start: samples, minutes,
    /// hours. What has not been rolled up yet is in it. On a thread of the store's.
    /// - Parameter now: what is kept is counted from it.
    package func metricsHistory(
        _ query: MetricsHistoryQuery, at now: WallTime
    ) async throws(StoreError) -> MetricsHistory {
        let plan = MetricsHistoryPlan(query, settings: settings, now: now)
        let rows = try await read { database in try MetricsHistoryReader(query: query, database: database).rows(plan) }
        return MetricsHistory(
            resolution: plan.resolution,
            points: Downsampling.merge(rows, from: query.start, to: query.end, resolution: plan.resolution),
            isTruncated: plan.isTruncated)
    }
}

/// Which rows a history is made of.
struct MetricsHistoryPlan: Equatable {
    enum Source { case samples, minutes, hours }

    var source: Source
    var resolution: Milliseconds
    var isTruncated: Bool

    init(_ query: MetricsHistoryQuery, settings: MetricsSettings, now: WallTime) {
        let wanted = Downsampling.resolution(
            from: query.start, to: query.end, maxPoints: query.maxPoints, stored: 0)
        func isKept(_ retention: Milliseconds) -> Bool { query.start >= now + (-retention) }
        if wanted < MetricsTables.minute, isKept(settings.rawRetention) {
            source = .samples
            resolution = wanted
            isTruncated = false
        } else if wanted < MetricsTables.hour, isKept(settings.minuteRetention) {
            source = .minutes
            resolution = Self.multiple(of: MetricsTables.minute, for: wanted)
            isTruncated = false
        } else {
            source = .hours
            resolution = Self.multiple(of: MetricsTables.hour, for: wanted)
            isTruncated = !isKept(settings.hourRetention)
        }
    }

    /// Whole rows to a point, so that each point has as many.
    private static func multiple(of length: Milliseconds, for wanted: Milliseconds) -> Milliseconds {
        (wanted + length - 1) / length * length
    }
}

struct MetricsHistoryReader {
    let query: MetricsHistoryQuery
    let database: Database

    /// In the order of time.
    func rows(_ plan: MetricsHistoryPlan) throws -> [RollUp] {
        guard let agent = try MetricsTables.agent(query.agent.text, database) else { return [] }
        var rows: [RollUp] =
            switch plan.source {
            case .samples: try samples(agent)
            case .minutes: try minutes(agent, from: query.start, to: query.end)
            case .hours: try hours(agent)
            }
        rows += try recent(agent)
        return rows.sorted { $0.start < $1.start }
    }

    private func samples(_ agent: Int64) throws -> [RollUp] {
        var rows: [RollUp] = []
        let minute = MetricsTables.minute
        try MetricsTables.rows(
            in: .samples, of: agent, from: query.start.stretch(minute), to: query.end.stretch(minute), database
        ) { _, data in
            rows += try MetricsCodec.samples(data).map { RollUp(chosen($0.values), at: $0.time) }
        }
        return rows
    }

    private func minutes(_ agent: Int64, from start: WallTime, to end: WallTime) throws -> [RollUp] {
        try stored(.minutes, agent, from: start, to: end)
    }

    /// With the minutes of hours that are not rolled up.
    private func hours(_ agent: Int64) throws -> [RollUp] {
        let due = try Int64.fetchSet(database, sql: "SELECT hour FROM due_hours")
        var rows = try stored(.hours, agent, from: query.start, to: query.end).filter {
            !due.contains($0.start.stretch(MetricsTables.hour))
        }
        for hour in due {
            let start = WallTime(stretch: hour, of: MetricsTables.hour)
            let end = start + MetricsTables.hour
            guard end > query.start, start < query.end else { continue }
            rows += try minutes(agent, from: max(start, query.start), to: min(end + (-1), query.end))
        }
        return rows
    }

    private func stored(
        _ table: MetricsTables.Table, _ agent: Int64, from start: WallTime, to end: WallTime
    ) throws -> [RollUp] {
        var rows: [RollUp] = []
        let length = table.length
        try MetricsTables.rows(
            in: table, of: agent, from: start.stretch(length), to: end.stretch(length), database
        ) { number, data in
            let row = try MetricsCodec.rollUp(
                data, start: WallTime(stretch: number, of: length), duration: length)
            rows.append(chosen(row))
        }
        return rows
    }

    /// What is in no minute yet: of the last minute or two.
    private func recent(_ agent: Int64) throws -> [RollUp] {
        let statement = try RawStatement(
            database, "SELECT data FROM recent WHERE agent = ? AND time >= ? AND time < ?")
        statement.bind(agent, at: 1)
        statement.bind(query.start.millisecondsSince1970, at: 2)
        statement.bind(query.end.millisecondsSince1970, at: 3)
        var rows: [RollUp] = []
        try statement.forEachRow { row in
            rows += try MetricsCodec.samples(row.bytes(0)).map { RollUp(chosen($0.values), at: $0.time) }
            return true
        }
        return rows
    }

    private func chosen(_ values: MetricValues) -> MetricValues {
        guard let metrics = query.metrics else { return values }
        var chosen = MetricValues()
        for metric in metrics { chosen[metric] = values[metric] }
        return chosen
    }

    private func chosen(_ row: RollUp) -> RollUp {
        guard let metrics = query.metrics else { return row }
        var chosen = RollUp(start: row.start, duration: row.duration)
        for metric in metrics {
            guard let average = row.average[metric], let minimum = row.minimum[metric],
                let maximum = row.maximum[metric], let last = row.last[metric]
            else { continue }
            chosen.include(
                metric, count: row.count(metric), average: average, minimum: minimum, maximum: maximum, last: last)
        }
        return chosen
    }
}
