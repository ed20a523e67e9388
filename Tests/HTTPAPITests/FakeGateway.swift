import HTTPAPI
import Model
import Payloads
import Synchronization
import Service

/// A gateway that knows one agent, one subscription and one task, and remembers what it was asked for.
final class FakeGateway: GatewayService {
    struct State {
        var phase = GatewayPhase.ready
        var tokens: [String: Principal] = [:]
        /// What is said of tokens that are not taken.
        var refusals: [String: TokenRefusal] = [:]
        var audit: [AuditEntry] = []
        var subscriptionRequest: NewSubscription?
        var subscriptionFilter: SubscriptionSelection?
        var shellRequest: ShellTaskRequest?
        var dockerRequest: DockerTaskRequest?
        var taskFilter: TaskSelection?
        var page: PageRequest?
        var serverRequest: ServerStreamRequest?
        var metricsConfig: StreamConfig?
        var systemParts: SystemParts?
        /// Thrown by every operation that can throw.
        var failure: (any Error)?
        var processing = Processing()
        var metrics: [UInt8]? = Array(#"{"timestamp":1}"#.utf8)
    }

    static let agent = AgentID("a1")
    static let subscription = SubscriptionID("sub_1")
    static let task = TaskID("task_1")
    static let time = WallTime(millisecondsSince1970: 1_738_138_530_007)

    private let mutex: Mutex<State>

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        change(&state)
        mutex = Mutex(state)
    }

    var state: State { mutex.withLock { $0 } }
    func update(_ change: (inout sending State) -> Void) { mutex.withLock { change(&$0) } }

    func check(_ isKnown: Bool, _ kind: ServiceError.Kind, _ id: String) throws {
        if let failure = state.failure { throw failure }
        guard isKnown else { throw ServiceError.notFound(kind, id: id) }
    }
}

// MARK: - Gateway

extension FakeGateway {
    var phase: GatewayPhase { state.phase }
    var hasTokens: Bool { !state.tokens.isEmpty }
    func principal(bearing token: String) async throws(TokenRefusal) -> Principal {
        guard let principal = state.tokens[token] else { throw state.refusals[token] ?? .unknown }
        return principal
    }
    func record(_ entry: AuditEntry) { update { $0.audit.append(entry) } }
    func readiness() async -> [ReadinessCheck] { [ReadinessCheck(name: "store", isOK: true, detail: "writes")] }
    func writeMetrics(to text: inout MetricsText) async { text.gauge("sluice_agents", "Agents connected", 1) }
}

// MARK: - Subscriptions

extension FakeGateway {
    func view(_ request: NewSubscription) -> SubscriptionView {
        SubscriptionView(
            id: Self.subscription, type: request.type, agent: request.agent ?? .one(Self.agent),
            resource: request.resource, config: request.config, view: "metrics@1000ms", status: .pending,
            agentConnected: true, session: request.session, createdAt: Self.time, expiresAt: Self.time + 60_000)
    }

    func createSubscription(_ request: NewSubscription, for principal: Principal) async throws -> SubscriptionView {
        update { $0.subscriptionRequest = request }
        try check(request.agent != .one(AgentID("gone")), .agent, "gone")
        return view(request)
    }

    func subscription(_ id: SubscriptionID, for principal: Principal) async throws -> SubscriptionView {
        try check(id == Self.subscription, .subscription, id.text)
        var config = StreamConfig.defaults(for: .metrics)
        config.interval = 1_000
        var view = view(NewSubscription(type: .metrics, agent: .every, config: config))
        view.delivery.delivered = 10
        view.delivery.lag = 1_250
        return view
    }

    func subscriptions(_ filter: SubscriptionSelection, page: PageRequest, for principal: Principal) async throws
        -> Page<SubscriptionView>
    {
        update {
            $0.subscriptionFilter = filter
            $0.page = page
        }
        return page.slice([try await subscription(Self.subscription, for: principal)])
    }

    func deleteSubscription(_ id: SubscriptionID, for principal: Principal) async throws {
        try check(id == Self.subscription, .subscription, id.text)
    }

    func createSession(for principal: Principal) async throws -> SessionView {
        try check(true, .session, "")
        return SessionView(id: SessionID("ses_1"), expiresAt: Self.time)
    }

    func deleteSession(_ id: SessionID, for principal: Principal) async throws {
        try check(id.text == "ses_1", .session, id.text)
    }
}

// MARK: - Tasks

extension FakeGateway {
    private func record(_ status: TaskStatus) -> TaskRecord {
        TaskRecord(
            id: Self.task, agent: Self.agent, operation: .shell, command: "echo \"1\"", status: status,
            timeout: 300_000, createdAt: Self.time)
    }

    func runShell(_ request: ShellTaskRequest, for principal: Principal) async throws -> TaskRecord {
        update { $0.shellRequest = request }
        try check(request.agent == Self.agent, .agent, request.agent.text)
        return record(.created)
    }

    func runDocker(_ request: DockerTaskRequest, for principal: Principal) async throws -> TaskRecord {
        update { $0.dockerRequest = request }
        try check(request.agent == Self.agent, .agent, request.agent.text)
        return TaskRecord(
            id: Self.task, agent: Self.agent, operation: .docker, command: request.operation.text, status: .created,
            timeout: request.timeout, createdAt: Self.time)
    }

    func task(_ id: TaskID, for principal: Principal) async throws -> TaskRecord {
        try check(id == Self.task, .task, id.text)
        var record = record(.completed)
        record.startedAt = Self.time + 5
        record.finishedAt = Self.time + 3_009
        record.exitCode = 0
        record.lineCount = 3
        record.byteCount = 6
        return record
    }

    func tasks(_ filter: TaskSelection, page: PageRequest, for principal: Principal) async throws -> Page<TaskRecord> {
        update {
            $0.taskFilter = filter
            $0.page = page
        }
        return page.slice([try await task(Self.task, for: principal)])
    }

    func taskOutput(_ id: TaskID, maximumBytes: Int, for principal: Principal) async throws -> TaskOutputText {
        try check(id == Self.task, .task, id.text)
        return TaskOutputText(bytes: Array("1\n2\n3\n".utf8), isTruncated: false)
    }

    func cancelTask(_ id: TaskID, for principal: Principal) async throws { try check(id == Self.task, .task, id.text) }
}

// MARK: - Agents

extension FakeGateway {
    func agents(page: PageRequest, for principal: Principal) async throws -> Page<AgentView> {
        update { $0.page = page }
        return page.slice([try await agent(Self.agent, for: principal)])
    }

    func agent(_ id: AgentID, for principal: Principal) async throws -> AgentView {
        try check(id == Self.agent, .agent, id.text)
        return AgentView(
            id: id, hostname: "h", version: "1", isConnected: true, connectedSince: Self.time, lastSeen: Self.time,
            address: "127.0.0.1:5", labels: ["b": "2", "a": "1"], capabilities: ["metrics", "shell"],
            health: .unknown)
    }

    func agentMetrics(_ id: AgentID, for principal: Principal) async throws -> [UInt8]? {
        try check(id == Self.agent, .agent, id.text)
        return state.metrics
    }

    func agentSystem(_ id: AgentID, for principal: Principal) async throws -> [UInt8]? {
        try check(id == Self.agent, .agent, id.text)
        return nil
    }

    func refreshSystem(_ id: AgentID, parts: SystemParts, for principal: Principal) async throws -> TaskRecord {
        update { $0.systemParts = parts }
        try check(id == Self.agent, .agent, id.text)
        return record(.created)
    }

    func containers(of id: AgentID, for principal: Principal) async throws -> [ContainerView] {
        try check(id == Self.agent, .agent, id.text)
        return [
            ContainerView(
                id: "4f9c", name: "web", image: "nginx:1", state: "running", status: "Up 2 hours", health: "healthy",
                createdAt: Self.time, cpuPercent: 12.5, memoryBytes: 1_048_576, memoryLimitBytes: 2_097_152,
                ports: ["0.0.0.0:8080->80/tcp"]),
            ContainerView(id: "5a", name: "old", image: "nginx:1", state: "exited", status: "Exited (0)"),
        ]
    }

    func metricsAgents(for principal: Principal) async throws -> [MetricsAgentView] {
        [
            MetricsAgentView(
                id: Self.agent, isConnected: true, lastSeen: Self.time, lastUpdate: nil, isStreaming: false,
                hasSystemInfo: true, hasMetrics: false)
        ]
    }
}

// MARK: - Streams

extension FakeGateway {
    func streams(of agent: AgentID?, page: PageRequest, for principal: Principal) async throws -> Page<StreamView> {
        update { $0.page = page }
        try check(agent == nil || agent == Self.agent, .agent, agent?.text ?? "")
        let config = StreamConfig.defaults(for: .metrics)
        let lease = StreamView.Lease(id: LeaseID(kind: .listener, name: "sub_1"), config: config)
        return page.slice([
            StreamView(
                id: "str_1", key: StreamKey(type: .metrics, agent: Self.agent), generation: 3, activeSince: Self.time,
                state: "active", config: config, leases: [lease], leaseCount: 1, eventsIn: 5, eventsOut: 10,
                eventsPerSecond: 0.2)
        ])
    }

    private func serverStream(_ request: ServerStreamRequest) -> ServerStreamView {
        ServerStreamView(
            id: ServerStreamID("srv_1"), request: request, isNew: true, isActive: true, processor: "health_check",
            startedAt: Self.time)
    }

    func upsertServerStream(_ request: ServerStreamRequest, for principal: Principal) async throws -> ServerStreamView {
        update { $0.serverRequest = request }
        try check(request.agent == Self.agent, .agent, request.agent.text)
        return serverStream(request)
    }

    func deleteServerStream(_ id: ServerStreamID, for principal: Principal) async throws {
        try check(id.text == "srv_1", .stream, id.text)
    }

    func startMetrics(of agent: AgentID, config: StreamConfig, for principal: Principal) async throws
        -> ServerStreamView
    {
        update { $0.metricsConfig = config }
        try check(agent == Self.agent, .agent, agent.text)
        return serverStream(ServerStreamRequest(type: .metrics, agent: agent, config: config))
    }

    func stopMetrics(of agent: AgentID, for principal: Principal) async throws {
        try check(agent == Self.agent, .agent, agent.text)
    }
}
