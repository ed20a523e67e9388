package enum SystemEventSeverity: String, CaseIterable, Comparable, Sendable {
    case info, warning, critical

    package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
    private var rank: Int { self == .info ? 0 : self == .warning ? 1 : 2 }
}

/// Something that happened on a host, or in the gateway about one.
package struct SystemEvent: Sendable, Equatable {
    package var time: WallTime
    package var agent: AgentID
    /// `unit_failed`, `oom_kill`, `reboot`...; of the gateway `agent_connected`, `agent_lost`, `duplicate_agent`...
    package var kind: String
    package var severity: SystemEventSeverity
    /// Unit, container, device or account that it is about; may be empty.
    package var unit: String
    /// A sentence for a person.
    package var message: String
    package var attributes: [String: String]

    package init(
        time: WallTime, agent: AgentID, kind: String, severity: SystemEventSeverity, unit: String = "",
        message: String, attributes: [String: String] = [:]
    ) {
        self.time = time
        self.agent = agent
        self.kind = kind
        self.severity = severity
        self.unit = unit
        self.message = message
        self.attributes = attributes
    }
}

/// Which events to list; nil: do not ask for that.
package struct SystemEventQuery: Sendable, Equatable {
    package var agent: AgentID
    package var kind: String?
    package var minimumSeverity: SystemEventSeverity?
    package var since: WallTime?
    package var until: WallTime?

    package init(agent: AgentID) { self.agent = agent }
}
