/// `alr_` and a hash of what the alert is about and when it began.
package typealias AlertID = Identifier<AlertKind>
package enum AlertKind {}

package enum AlertLevel: String, CaseIterable, Comparable, Sendable {
    case info, warning, critical

    package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
    private var rank: Int { self == .info ? 0 : self == .warning ? 1 : 2 }
}

/// Where the observation came from that a rule looks at.
package enum AlertSource: String, CaseIterable, Sendable {
    case metrics
    case healthCheck = "health_check"
    case logs
    case systemEvents = "system_events"
    case gatewayEvents = "gateway_events"

    /// Numbers that have a value at any time; the other sources are things that happen.
    package var hasMetrics: Bool { self == .metrics || self == .healthCheck }
}

package enum AlertState: String, CaseIterable, Sendable {
    /// The condition holds, but not for as long as the rule asks for.
    case pending
    case firing, resolved
}

/// A process that has to do with an alert.
package struct AlertCulprit: Hashable, Sendable {
    package var pid: Int64
    package var name: String
    package var cpuPercent: Double?
    package var memoryBytes: UInt64?
    package var container: String?

    package init(pid: Int64, name: String, cpuPercent: Double?, memoryBytes: UInt64?, container: String? = nil) {
        self.pid = pid
        self.name = name
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
        self.container = container
    }
}

/// One thing that is wrong, from its beginning to its end.
package struct Alert: Hashable, Sendable {
    package var id: AlertID
    package var rule: String
    /// `*` when it is about many hosts at once.
    package var agent: AgentSelector
    package var source: AlertSource
    package var level: AlertLevel
    package var state: AlertState
    /// What the rule looks at: the name of a metric, or what an event had to match.
    package var metric: String
    /// The newest value; for events, how many.
    package var value: Double?
    package var threshold: Double?
    /// A sentence for a person.
    package var message: String
    package var startedAt: WallTime
    package var updatedAt: WallTime
    package var resolvedAt: WallTime?
    /// Who has taken it on.
    package var acknowledgedBy: String?
    /// The silence that keeps it quiet.
    package var silence: SilenceID?
    package var labels: [String: String]
    package var culprits: [AlertCulprit]

    package init(
        id: AlertID, rule: String, agent: AgentSelector, source: AlertSource, level: AlertLevel, state: AlertState,
        metric: String, value: Double?, threshold: Double?, message: String, startedAt: WallTime,
        labels: [String: String] = [:], culprits: [AlertCulprit] = []
    ) {
        self.id = id
        self.rule = rule
        self.agent = agent
        self.source = source
        self.level = level
        self.state = state
        self.metric = metric
        self.value = value
        self.threshold = threshold
        self.message = message
        self.startedAt = startedAt
        updatedAt = startedAt
        self.labels = labels
        self.culprits = culprits
    }
}

package typealias SilenceID = Identifier<SilenceKind>
package enum SilenceKind {}

/// Keeps alerts quiet for a while: they are tracked and listed, but neither relayed nor delivered.
package struct Silence: Hashable, Sendable {
    package var id: SilenceID
    /// `rule`, `agent_id`, `level`, or the name of a label → a pattern with `*`. All of them have to match.
    package var matchers: [String: String]
    package var until: WallTime
    package var comment: String
    package var createdBy: String

    package init(id: SilenceID, matchers: [String: String], until: WallTime, comment: String, createdBy: String) {
        self.id = id
        self.matchers = matchers
        self.until = until
        self.comment = comment
        self.createdBy = createdBy
    }
}

/// Which alerts to list; nil: do not ask for that.
package struct AlertSelection: Sendable, Equatable {
    package enum State: String, CaseIterable, Sendable {
        /// Pending ones are listed with `all` only.
        case firing, resolved, all
    }

    package var state: State
    package var agent: AgentID?
    package var rule: String?
    package var level: AlertLevel?

    package init(state: State = .firing, agent: AgentID? = nil, rule: String? = nil, level: AlertLevel? = nil) {
        self.state = state
        self.agent = agent
        self.rule = rule
        self.level = level
    }
}
