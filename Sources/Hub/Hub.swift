import AgentLink
import Broker
package import Logging
package import Model
package import Pipeline
package import Reactor
import Service
package import Storage

/// The gateway's one owner of state: who is connected, who listens to what, which tasks run. An actor on the core loop,
/// so agents' frames are handled where they are read, without a hop, and everybody else sends messages.
///
/// Ingest.swift follows one event from an agent's frame to the clients' loops.
package actor Hub {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let settings: HubSettings
    let store: Store
    let credentials: Credentials
    /// What the gateway makes of what agents send, on a loop of its own.
    let pipeline: Pipeline
    let log: Logger
    /// The loops that hold the clients, in the order of their index.
    let ports: [ClientPort]
    /// Read by every request without entering the actor.
    package nonisolated let shared = HubShared()

    var broker: Broker
    var listener: AgentListener?
    /// Tokens that were in force when last looked at, and those that were not any more.
    var knownTokens: Set<TokenName> = []
    var endedTokens: Set<TokenName> = []
    var agents: [AgentID: Agent] = [:]
    var tasks: [TaskID: RunningTask] = [:]
    /// Those that run, and those that are subscribed to.
    var deployments: [DeploymentID: Deployment] = [:]
    /// Ids of those that are being made.
    var reservedDeployments: Set<DeploymentID> = []
    /// Beyond so many, those that nobody needs are forgotten.
    var deploymentsKept = Hub.deploymentsKeptAtLeast
    var views: [TopicID: View] = [:]
    var connections: [ConnectionID: Connection] = [:]
    var flows: [StreamKey: StreamFlow] = [:]
    /// What became of the events of subscriptions whose connections have ended.
    var deliveries: [SubscriptionID: DeliveryCounts] = [:]
    /// Connections whose subscription has another one by now, until they are gone.
    var replaced: [ConnectionID: SubscriptionID] = [:]
    /// The subscriptions to tasks that have been read to the end.
    var endedTasks: [SubscriptionID: EndedTask] = [:]
    /// Of subscriptions in sessions, the number of the hub's last event when they were first read: what came before is
    /// no loss to them.
    var joinedAt: [SubscriptionID: UInt64] = [:]
    /// Who reads views that agents number.
    var listeners: [TopicID: Set<ConnectionID>] = [:]
    /// Connections that wait for lines that are stored, before they read live ones.
    var histories: [PipelineMark: LogHistoryRequest] = [:]
    private var lastMark: UInt64 = 0
    /// Who waits for an agent to tell its containers.
    var containerLookups = ContainerLookups()
    /// Agents that were there in the gateway's last life and are not yet in this one.
    var awaited = AwaitedAgents()
    /// Set while a stream is being opened.
    var opening: StreamStart?
    var selfTests: [ConnectionID: SelfTest] = [:]
    var counters = HubCounters()
    /// Events published in this life of the gateway.
    var eventNumber: UInt64 = 0
    var timers: [LoopTimer] = []
    var brokerTimer: LoopTimer?

    /// Scratch of the ingest path: emptied and filled again for every event.
    let scratch = Scratch()
    private var lastConnection: UInt64 = 0

    package init(
        loop: EventLoop, settings: HubSettings, store: Store, credentials: Credentials, pipeline: Pipeline,
        ports: [ClientPort], log: Logger
    ) {
        self.loop = loop
        self.credentials = credentials
        self.settings = settings
        self.store = store
        self.pipeline = pipeline
        self.ports = ports
        self.log = log
        broker = Broker(settings: settings.broker)
    }

    var now: Now {
        Now(monotonic: MonotonicTime(nanoseconds: SystemClock.monotonicNanoseconds), wall: .now)
    }

    func nextConnection() -> ConnectionID {
        lastConnection += 1
        return ConnectionID(lastConnection)
    }

    func nextMark() -> PipelineMark {
        lastMark += 1
        return PipelineMark(number: lastMark)
    }

    // MARK: - Carrying out what the broker decides

    /// Runs one change of the broker and carries out its consequences, in order.
    @discardableResult
    func change<Result, Failure: Error>(
        _ body: (inout Broker, Now, inout [BrokerAction]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var actions: [BrokerAction] = []
        let now = self.now
        let result = try body(&broker, now, &actions)
        for action in actions { carryOut(action, now) }
        return result
    }

    private func carryOut(_ action: BrokerAction, _ now: Now) {
        switch action {
        case .sendDesired(let agent, let state): agents[agent]?.send(state) { flows[$0]?.lines.last }
        case .attach(let attachment): attach(attachment)
        case .detach(let detachment): detach(detachment)
        case .join(let joining): join(joining)
        case .leave(let connection, let topic): leave(connection, topic)
        case .endConnection(let connection, let reason): end(connection, reason)
        case .status(let connection, let subscription, let state): tell(connection, subscription, state, now)
        case .viewOpened(let view): opened(view)
        case .viewClosed(let topic): closed(topic)
        case .streamStarted(let key): started(key, now)
        case .streamStopped(let key): stopped(key)
        case .persist(let record): store.enqueue(.save(record))
        case .forget(let id, let reason):
            forget(id)
            store.enqueue(.remove(id))
            log.debug("subscription gone", metadata: ["subscription": "\(id.shortened)", "why": "\(reason.rawValue)"])
        case .persistSession(let record): store.enqueue(.save(record))
        case .forgetSession(let id, _): store.enqueue(.remove(id))
        case .persistServerDemand(let record): store.enqueue(.save(record))
        case .forgetServerDemand(let id): store.enqueue(.remove(id))
        case .scheduleTick(let time): schedule(time, now)
        }
    }

    private func schedule(_ time: MonotonicTime, _ now: Now) {
        let delay = time.milliseconds(since: now.monotonic)
        // Rounded up: a tick that came early would only ask for another.
        brokerTimer = loop.schedule(after: .milliseconds(delay + 1)) { [unowned self] in
            // unowned: the timer is owned by self and ends with it
            assumeIsolated { hub in hub.change { $0.tick($1, into: &$2) } }
        }
    }

    private func opened(_ view: ViewDescription) {
        views[view.topic] = View(view, ports: ports.count)
        if let config = views[view.topic]?.config { pipeline.viewOpened(view.key.type, view.key.agent, config: config) }
    }

    private func closed(_ topic: TopicID) {
        guard let view = views.removeValue(forKey: topic), let config = view.config else { return }
        pipeline.viewClosed(view.key.type, view.key.agent, config: config)
    }

    private func started(_ key: StreamKey, _ now: Now) {
        flows[key] = StreamFlow(key)
        pipeline.streamStarted(key, config: .defaults(for: key.type))
        log.debug("stream started", metadata: key.metadata)
    }

    private func stopped(_ key: StreamKey) {
        if let ref = flows.removeValue(forKey: key)?.ref { agents[key.agent]?.flows[ref] = nil }
        pipeline.streamStopped(key)
        log.debug("stream stopped", metadata: key.metadata)
    }
}

extension StreamKey {
    var metadata: Logger.Metadata {
        ["stream_type": "\(type.rawValue)", "agent": "\(agent)", "resource": "\(resource)"]
    }
}

extension Identifier {
    /// For log lines: enough to recognise a capability, too little to use it.
    package var shortened: String { text.count > 12 ? "\(text.prefix(10))…" : text }
}

extension WallTime {
    static var now: WallTime { WallTime(millisecondsSince1970: Int64(SystemClock.wallMilliseconds)) }
}
