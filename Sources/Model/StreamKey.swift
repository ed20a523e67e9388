/// Which agents a stream is about.
package enum AgentSelector: Hashable, Sendable {
    case one(AgentID)
    /// `"*"`: every agent the caller may see, those that connect later included.
    case every
}

/// What one stream on one agent is: the thing that is started, stopped and updated.
package struct StreamKey: Hashable, Sendable {
    package var type: StreamType
    package var agent: AgentID
    /// Container, task or deployment; empty for agent-wide streams.
    package var resource: String

    package init(type: StreamType, agent: AgentID, resource: String = "") {
        self.type = type
        self.agent = agent
        self.resource = resource
    }
}
