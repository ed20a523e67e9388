package enum TaskStatus: String, Sendable, CaseIterable {
    case created, sent
    case inProgress = "in_progress"
    case completed, failed, timeout, cancelled

    package var isFinal: Bool {
        switch self {
        case .completed, .failed, .timeout, .cancelled: true
        case .created, .sent, .inProgress: false
        }
    }
}

package enum TaskOperation: String, CaseIterable, Sendable {
    case shell, docker, deployment, systemRefresh = "system_refresh"
}

/// One command on one agent: what `GET /tasks/{id}` shows and what the store keeps.
package struct TaskRecord: Sendable, Equatable {
    package var id: TaskID
    package var agent: AgentID
    package var operation: TaskOperation
    /// The shell command, or a rendering of the operation for people.
    package var command: String
    package var deploymentID: String?
    package var status: TaskStatus
    /// Why it failed, for machines: `agent_lost`, `agent_restarted`, `spawn_failed`...
    package var reason: String?
    package var timeout: Milliseconds
    package var createdAt: WallTime
    package var updatedAt: WallTime
    package var startedAt: WallTime?
    package var finishedAt: WallTime?
    package var exitCode: Int32?
    package var cancelRequested = false
    package var lineCount: UInt64 = 0
    package var byteCount: UInt64 = 0
    /// Number of the final marker once there is one; the lines before it are 1 ... finalSeq - 1.
    package var finalSeq: UInt64?

    package init(
        id: TaskID, agent: AgentID, operation: TaskOperation, command: String, status: TaskStatus,
        timeout: Milliseconds, createdAt: WallTime
    ) {
        self.id = id
        self.agent = agent
        self.operation = operation
        self.command = command
        self.status = status
        self.timeout = timeout
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }

    package var streamType: StreamType {
        switch operation {
        case .shell, .systemRefresh: .shellOutput
        case .docker: .dockerOutput
        case .deployment: .deploymentStatus
        }
    }
}

package enum OutputStream: UInt8, Sendable { case stdout = 0, stderr = 1, status = 2 }
