package import Model

package protocol DeploymentService: Sendable {
    func deploy(_ request: DeploymentRequest, for principal: Principal) async throws -> TaskRecord
    /// Newest first.
    func deployments(_ selection: DeploymentSelection, page: PageRequest, for principal: Principal) async throws
        -> Page<
            DeploymentRecord
        >
    func deployment(_ id: DeploymentID, for principal: Principal) async throws -> DeploymentRecord
}

/// What `POST /tasks/deployment` asks for.
package struct DeploymentRequest: Sendable, Equatable {
    package var agent: AgentID
    /// Nil: the gateway makes one. One that exists is a conflict.
    package var id: DeploymentID?
    package var name: String
    /// At least one; a plain `cmd` is one step with the deployment's name.
    package var steps: [DeploymentStep]
    /// Of the whole deployment.
    package var timeout: Milliseconds

    package static let defaultTimeout: Milliseconds = 1_800_000
    package static let maximumSteps = 100

    package init(agent: AgentID, id: DeploymentID?, name: String, steps: [DeploymentStep], timeout: Milliseconds) {
        self.agent = agent
        self.id = id
        self.name = name
        self.steps = steps
        self.timeout = timeout
    }
}
