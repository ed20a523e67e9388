package import Model

/// What is stored of agents: metrics, logs, events.
package protocol HistoryService: Sendable {
    func metricsHistory(_ query: MetricsHistoryQuery, for principal: Principal) async throws -> MetricsHistory
    func systemEvents(_ query: SystemEventQuery, page: PageRequest, for principal: Principal) async throws -> Page<
        SystemEvent
    >
    /// Newest first. The service narrows `agents` to those that the principal may see.
    /// - Throws: `invalidField("q", …)` for text that cannot be searched for.
    func searchLogs(_ query: LogQuery, page: PageRequest, for principal: Principal) async throws -> Page<LogRecord>
    /// The most frequent kinds of lines at or above a level.
    func logPatterns(_ query: LogPatternQuery, for principal: Principal) async throws -> [LogPattern]
}

package struct LogPatternQuery: Sendable, Equatable {
    package var agent: AgentID
    package var minimumLevel: LogLevel
    /// Back from now, within `windowRange`.
    package var window: Milliseconds
    package var limit: Int

    /// One second to an hour, which is what is kept of the counts.
    package static let windowRange: ClosedRange<Milliseconds> = 1_000...3_600_000
    package static let limitRange = 1...1_000

    package init(agent: AgentID, minimumLevel: LogLevel = .error, window: Milliseconds = 3_600_000, limit: Int = 20) {
        self.agent = agent
        self.minimumLevel = minimumLevel
        self.window = window
        self.limit = limit
    }
}

/// Lines that differ only in numbers, names and the like.
package struct LogPattern: Sendable, Equatable {
    package var id: String
    package var template: String
    /// The most serious that a line of it had.
    package var level: LogLevel
    /// Since the gateway knows it.
    package var total: Int
    /// Within the window that was asked for.
    package var recent: Int
    package var firstSeen: WallTime
    package var lastSeen: WallTime
    package var examples: [String]

    package init(
        id: String, template: String, level: LogLevel, total: Int, recent: Int, firstSeen: WallTime,
        lastSeen: WallTime, examples: [String]
    ) {
        self.id = id
        self.template = template
        self.level = level
        self.total = total
        self.recent = recent
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.examples = examples
    }
}
