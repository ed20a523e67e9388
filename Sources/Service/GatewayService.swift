package import Model

/// Everything that the HTTP API can ask of the gateway: one method per operation, in terms of `Model` and of the values
/// in this directory.
///
/// Who checks what: the API has decoded and validated the input and has checked the *role* before it calls. The
/// service checks the *agent scope* of the principal: what lies outside of it is answered as if it did not exist
/// (`ServiceError.notFound`) and is left out of lists.
///
/// Methods that can fail throw `ServiceError`; anything else that they throw is answered with 500 and logged. They may
/// be called from any thread, many at a time.
package protocol GatewayService: TokenVerifier, AuditLog, SubscriptionService, TaskService, AgentService, StreamService,
    HistoryService, AnalyticsService, AlertService, DeploymentService
{
    /// Read for every request, so it does not suspend.
    var phase: GatewayPhase { get }

    /// What `/readyz` tells beyond the phase: one line per part that matters.
    func readiness() async -> [ReadinessCheck]

    /// Adds the gateway's own metrics for Prometheus.
    func writeMetrics(to text: inout MetricsText) async
}

package protocol SubscriptionService: Sendable {
    func createSubscription(_ request: NewSubscription, for principal: Principal) async throws -> SubscriptionView
    func subscription(_ id: SubscriptionID, for principal: Principal) async throws -> SubscriptionView
    func subscriptions(_ filter: SubscriptionSelection, page: PageRequest, for principal: Principal) async throws
        -> Page<SubscriptionView>
    func deleteSubscription(_ id: SubscriptionID, for principal: Principal) async throws

    func createSession(for principal: Principal) async throws -> SessionView
    func deleteSession(_ id: SessionID, for principal: Principal) async throws
}

package protocol TaskService: Sendable {
    func runShell(_ request: ShellTaskRequest, for principal: Principal) async throws -> TaskRecord
    func runDocker(_ request: DockerTaskRequest, for principal: Principal) async throws -> TaskRecord
    func task(_ id: TaskID, for principal: Principal) async throws -> TaskRecord
    func tasks(_ filter: TaskSelection, page: PageRequest, for principal: Principal) async throws -> Page<TaskRecord>
    /// The output that is kept, as text, in the order of the lines, at most `maximumBytes`.
    func taskOutput(_ id: TaskID, maximumBytes: Int, for principal: Principal) async throws -> TaskOutputText
    func cancelTask(_ id: TaskID, for principal: Principal) async throws
}

package protocol AgentService: Sendable {
    func agents(page: PageRequest, for principal: Principal) async throws -> Page<AgentView>
    func agent(_ id: AgentID, for principal: Principal) async throws -> AgentView
    /// The last metrics of the agent as JSON; nil when there are none yet.
    func agentMetrics(_ id: AgentID, for principal: Principal) async throws -> [UInt8]?
    /// The last system information of the agent as JSON; nil when there is none yet.
    func agentSystem(_ id: AgentID, for principal: Principal) async throws -> [UInt8]?
    func refreshSystem(_ id: AgentID, parts: SystemParts, for principal: Principal) async throws -> TaskRecord
    /// As they are now: the agent is asked. Empty where there is no container engine.
    func containers(of id: AgentID, for principal: Principal) async throws -> [ContainerView]
    func metricsAgents(for principal: Principal) async throws -> [MetricsAgentView]
}

package protocol StreamService: Sendable {
    /// The streams that run, of one agent or of all.
    func streams(of agent: AgentID?, page: PageRequest, for principal: Principal) async throws -> Page<StreamView>
    func upsertServerStream(_ request: ServerStreamRequest, for principal: Principal) async throws -> ServerStreamView
    func deleteServerStream(_ id: ServerStreamID, for principal: Principal) async throws
    /// The server demand on the metrics of one agent, by its older name. Starting again changes the configuration.
    func startMetrics(of agent: AgentID, config: StreamConfig, for principal: Principal) async throws
        -> ServerStreamView
    /// Does nothing where no such demand exists.
    func stopMetrics(of agent: AgentID, for principal: Principal) async throws
}

/// What the process is doing.
package enum GatewayPhase: String, CaseIterable, Sendable { case starting, ready, draining }

package struct ReadinessCheck: Sendable, Equatable {
    /// `store`, `agents`, `disk`...
    package var name: String
    package var isOK: Bool
    /// A sentence for a person.
    package var detail: String

    package init(name: String, isOK: Bool, detail: String) {
        self.name = name
        self.isOK = isOK
        self.detail = detail
    }
}
