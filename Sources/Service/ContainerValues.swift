package import Model

/// What `POST /tasks/docker` asks for.
package struct DockerTaskRequest: Sendable, Equatable {
    package var agent: AgentID
    package var operation: DockerOperation
    package var timeout: Milliseconds

    package static let maximumImageBytes = 512
    package static let maximumArguments = 256
    package static let maximumVariables = 256
    /// Of one argument or variable.
    package static let maximumTextBytes = 32 * 1024
    /// Of all of it together: it goes to the agent in one frame.
    package static let maximumBytes = 256 * 1024

    package init(agent: AgentID, operation: DockerOperation, timeout: Milliseconds) {
        self.agent = agent
        self.operation = operation
        self.timeout = timeout
    }
}

/// One container of an agent. What its host does not tell is nil.
package struct ContainerView: Sendable, Equatable {
    package var id: String
    package var name: String
    package var image: String
    /// As the engine calls it: `running`, `exited`.
    package var state: String
    /// A few words more: `Up 2 hours`.
    package var status: String
    /// `starting`, `healthy`, `unhealthy`; nil where nobody checks it.
    package var health: String?
    package var createdAt: WallTime?
    /// Of all cores together, 0 to 100.
    package var cpuPercent: Double?
    package var memoryBytes: UInt64?
    package var memoryLimitBytes: UInt64?
    /// `0.0.0.0:8080->80/tcp`
    package var ports: [String]

    package init(
        id: String, name: String, image: String, state: String, status: String, health: String? = nil,
        createdAt: WallTime? = nil, cpuPercent: Double? = nil, memoryBytes: UInt64? = nil,
        memoryLimitBytes: UInt64? = nil, ports: [String] = []
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.state = state
        self.status = status
        self.health = health
        self.createdAt = createdAt
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
        self.memoryLimitBytes = memoryLimitBytes
        self.ports = ports
    }
}
