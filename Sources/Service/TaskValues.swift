package import Model

/// What `POST /tasks/shell` asks for.
package struct ShellTaskRequest: Sendable, Equatable {
    package var agent: AgentID
    /// For `bash -c`; neither empty nor with a NUL in it.
    package var command: String
    package var timeout: Milliseconds
    /// Makes the task part of a deployment.
    package var deploymentID: String?

    package static let defaultTimeout: Milliseconds = 300_000
    /// One second to one week.
    package static let timeoutRange: ClosedRange<Milliseconds> = 1_000...604_800_000
    package static let maximumCommandBytes = 128 * 1024

    package init(agent: AgentID, command: String, timeout: Milliseconds, deploymentID: String? = nil) {
        self.agent = agent
        self.command = command
        self.timeout = timeout
        self.deploymentID = deploymentID
    }
}

/// Which tasks to list; nil: do not ask for that.
package struct TaskSelection: Sendable, Equatable {
    package var agent: AgentID?
    package var status: TaskStatus?

    package init(agent: AgentID? = nil, status: TaskStatus? = nil) {
        self.agent = agent
        self.status = status
    }
}

/// What a task printed.
package struct TaskOutputText: Sendable, Equatable {
    /// Lines of both streams in their order, each with its line break. UTF-8.
    package var bytes: [UInt8]
    /// There is more than was asked for.
    package var isTruncated: Bool

    package init(bytes: [UInt8], isTruncated: Bool) {
        self.bytes = bytes
        self.isTruncated = isTruncated
    }
}
