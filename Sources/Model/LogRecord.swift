/// One line of a host's logs as it is stored, searched and shown.
package struct LogRecord: Sendable, Equatable {
    /// When it was written, as far as the line tells.
    package var time: WallTime
    package var agent: AgentID
    package var level: LogLevel
    /// Program, logger, unit or service; may be empty.
    package var component: String
    package var message: String
    /// Path of the file, or `journal`; may be empty.
    package var source: String
    /// A JSON object of what else the line said; empty where there is nothing.
    package var attributes: [UInt8]

    package init(
        time: WallTime, agent: AgentID, level: LogLevel, component: String, message: String, source: String = "",
        attributes: [UInt8] = []
    ) {
        self.time = time
        self.agent = agent
        self.level = level
        self.component = component
        self.message = message
        self.source = source
        self.attributes = attributes
    }
}

/// Which lines to search for; nil and empty: do not ask for that.
package struct LogQuery: Sendable, Equatable {
    /// Nil: of every agent.
    package var agents: Set<AgentID>?
    package var levels: Set<LogLevel>
    package var minimumLevel: LogLevel?
    package var component: String?
    /// Words that all have to be there, in any order; `"a phrase"` and `pre*` as people write them. See `LogTextQuery`
    /// in Storage.
    package var text: String?
    /// Lines at or after.
    package var since: WallTime?
    /// Lines before.
    package var until: WallTime?

    package init(agents: Set<AgentID>? = nil) {
        self.agents = agents
        levels = []
    }
}

/// Where a reliable stream of an agent stands. Numbers of different origins have nothing to do with each other.
package struct StreamPosition: Sendable, Equatable {
    package var agent: AgentID
    /// `log_aggregation` or `system_events`.
    package var type: StreamType
    package var origin: UInt64
    /// Everything up to and with this number is stored.
    package var seq: UInt64

    package init(agent: AgentID, type: StreamType, origin: UInt64, seq: UInt64) {
        self.agent = agent
        self.type = type
        self.origin = origin
        self.seq = seq
    }
}
