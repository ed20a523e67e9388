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
