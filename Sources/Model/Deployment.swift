/// Where a deployment stands. In this order; it never goes back, except to `failed`.
package enum DeploymentPhase: String, CaseIterable, Comparable, Sendable {
    case pending, preparing, pulling, building, starting, verifying, completed, failed

    package var isFinal: Bool { self == .completed || self == .failed }

    package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self)! }  // every case is among all cases
}

package enum DeploymentHealth: String, CaseIterable, Sendable { case unknown, healthy, degraded, failed }

/// A part of a deployment: a container, a workload, a host, a unit.
package struct DeploymentService: Hashable, Sendable {
    package var name: String
    /// In the words of the tool: `Started`, `created`, `2 of 3 replicas`, `changed=1`...
    package var state: String
    package var health: DeploymentHealth

    package init(name: String, state: String, health: DeploymentHealth) {
        self.name = name
        self.state = state
        self.health = health
    }
}

/// What is known of a deployment at one moment.
package struct DeploymentStatus: Hashable, Sendable {
    package var phase: DeploymentPhase
    /// 0 to 100; nil while nobody can say.
    package var progress: Int?
    /// A sentence for a person.
    package var message: String
    /// In the order in which they appeared.
    package var services: [DeploymentService]
    package var health: DeploymentHealth

    package init(
        phase: DeploymentPhase = .pending, progress: Int? = nil, message: String = "",
        services: [DeploymentService] = [], health: DeploymentHealth = .unknown
    ) {
        self.phase = phase
        self.progress = progress
        self.message = message
        self.services = services
        self.health = health
    }
}

package typealias DeploymentID = Identifier<DeploymentKind>
package enum DeploymentKind {}

/// One part of a deployment: a command, and how long it may take.
package struct DeploymentStep: Hashable, Sendable {
    package var name: String
    /// For `bash -c`.
    package var command: String
    /// Nil: as long as the deployment may take.
    package var timeout: Milliseconds?

    package init(name: String, command: String, timeout: Milliseconds? = nil) {
        self.name = name
        self.command = command
        self.timeout = timeout
    }
}

/// A deployment, from the request to the end: what `GET /deployments/{id}` shows and what the store keeps.
package struct DeploymentRecord: Sendable, Equatable {
    package var id: DeploymentID
    package var name: String
    package var agent: AgentID
    /// The task that runs it.
    package var task: TaskID
    package var status: DeploymentStatus
    package var createdAt: WallTime
    package var updatedAt: WallTime
    /// Nil until it has ended.
    package var finishedAt: WallTime?
    package var exitCode: Int32?
    /// Of its end; nil until then.
    package var summary: String?

    package init(
        id: DeploymentID, name: String, agent: AgentID, task: TaskID, status: DeploymentStatus = DeploymentStatus(),
        createdAt: WallTime
    ) {
        self.id = id
        self.name = name
        self.agent = agent
        self.task = task
        self.status = status
        self.createdAt = createdAt
        updatedAt = createdAt
    }

    package var isSuccess: Bool { status.phase == .completed }
    /// Until now, or its end.
    package func duration(at now: WallTime) -> Milliseconds {
        max(0, Milliseconds((finishedAt ?? now).millisecondsSince1970 - createdAt.millisecondsSince1970))
    }
}

/// Which deployments to list; nil: do not ask for that.
package struct DeploymentSelection: Sendable, Equatable {
    package var agent: AgentID?
    package var phase: DeploymentPhase?

    package init(agent: AgentID? = nil, phase: DeploymentPhase? = nil) {
        self.agent = agent
        self.phase = phase
    }
}

/// What is told of a deployment when it has ended.
package struct DeploymentCompletion: Sendable, Equatable {
    package var deployment: DeploymentID
    package var isSuccess: Bool
    package var duration: Milliseconds
    /// A sentence for a person.
    package var summary: String
    /// Nil when the command was not run to its end.
    package var exitCode: Int32?

    package init(
        deployment: DeploymentID, isSuccess: Bool, duration: Milliseconds, summary: String, exitCode: Int32?
    ) {
        self.deployment = deployment
        self.isSuccess = isSuccess
        self.duration = duration
        self.summary = summary
        self.exitCode = exitCode
    }
}
