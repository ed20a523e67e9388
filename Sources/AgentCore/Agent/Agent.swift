import CProcess
import Diagnostics
import Logging
import Model
package import Reactor
import Wire

/// The agent: a session with the gateway, the streams and the tasks, on one loop. Made, used and dropped on the loop's
/// thread.
package final class Agent {
    private static let settlingTime: Duration = .seconds(5)

    private let configuration: AgentConfiguration
    private let loop: EventLoop
    private let log: Logger
    private let tokens: TokenStore
    private let bootID = UInt64.random(in: 1...UInt64.max)
    private let onEnd: (AgentExit) -> Void
    /// Written once, in `init`: they refer to each other through this object.
    private var session: GatewaySession!
    private var tasks: TaskManager!
    private var streams: StreamManager!
    private var systemInfo: SystemInfoService!
    private let logs: LogSource?
    private let journal: JournalFeed?
    private let events: SystemEventSource
    /// Written once, in `init`, where there is an engine: they answer through this object.
    private var containers: ContainerServices?
    private var containerEvents: ContainerEvents?
    private var containerLogs: ContainerFeed?
    private let registry: StreamRegistry
    /// Until what has begun has settled.
    private var settling: LoopTimer?
    /// Whose turn it is to send first.
    private var streamsAreFirst = false
    private var isStopping = false

    /// `onEnd` is called once, when there is nothing left to do.
    package init(_ configuration: AgentConfiguration, loop: EventLoop, onEnd: @escaping (AgentExit) -> Void) {
        loop.preconditionInLoop()
        self.configuration = configuration
        self.loop = loop
        self.onEnd = onEnd
        var log = Logger(label: "sluice-agent") { _ in
            StderrLogHandler(level: configuration.logLevel, format: configuration.logFormat)
        }
        log[metadataKey: "agent"] = "\(configuration.id)"
        self.log = log
        tokens = TokenStore(configuration, log: log)
        let spool = Self.journalSpool(configuration, log)
        let logs = Self.logSource(configuration, spool, loop, log)
        self.logs = logs
        journal = spool.flatMap { spool in logs.map { JournalFeed(spool: spool, logs: $0, loop: loop, log: log) } }
        let readings = HostReadings()
        let eventsPath = configuration.stateDirectory.map { "\($0)/events-\(configuration.id)" }
        events = SystemEventSource(
            .init(statePath: eventsPath, readsJournal: configuration.readsJournal), host: readings, loop: loop, log: log
        )
        registry = .standard(logs: logs != nil, containers: configuration.containerHost != nil)
        session = GatewaySession(
            loop: loop, gateway: configuration.gateway, tls: configuration.tls, log: log, delegate: self
        ) { [unowned self] in
            identity  // unowned: the session belongs to this object
        }
        if let host = configuration.containerHost {
            let containers = ContainerServices(loop: loop, host: host) { [unowned self] id, result in
                _ = session.send { $0.containers(id, result) }
            }
            self.containers = containers
            containerEvents = ContainerEvents(containers) { [unowned self] in events.report($0) }
            containerLogs = Self.containerFeed(configuration, containers.engine, logs, log)
        }
        var limits = TaskLimits()
        limits.spoolBytes = configuration.spoolBytes
        limits.awayGrace = configuration.awayGrace
        let groupsPath = configuration.stateDirectory.map { "\($0)/commands-\(configuration.id)" }
        let runsPath = configuration.stateDirectory.map { "\($0)/runs-\(configuration.id)" }
        let runContainers = containers.map { [log] in
            RunContainers(path: runsPath, agent: configuration.id, engine: $0.engine, log: log)
        }
        tasks = TaskManager(
            loop: loop, allowed: configuration.allowedTasks, limits: limits,
            groups: CommandGroups(path: groupsPath, loop: loop, host: readings, log: log), containers: runContainers,
            log: log, sink: session)
        let host = HostServices(
            loop: loop, host: readings, events: events, logs: logs, containers: containers,
            watched: configuration.services
        ) { [unowned self] in tasks.roots }
        systemInfo = SystemInfoService(loop: loop) { [unowned self] in answer($0, with: $1) }
        streams = StreamManager(loop: loop, host: host, registry: registry, log: log, sink: session)
    }

    package func start() { session.start() }

    /// Ends the tasks, says goodbye, and ends with `.clean`. Calling it again changes nothing.
    package func stop() {
        guard !isStopping else { return }
        isStopping = true
        log.info("stopping")
        journal?.stop()
        containerLogs?.stop()
        logs?.stop()
        events.stop()
        tasks.stop { [unowned self] in session.stop(.clean) }
    }

    /// Reads the files of TLS anew, for the next connection; the one that is there goes on. A file that is not usable
    /// leaves the old ones in use.
    package func reload() {
        guard let tls = configuration.tls else { return }
        do throws(TLSFileError) {
            try tls.reload()
            log.notice("reloaded: certificates")
        } catch {
            log.error(
                "certificates not reloaded; the old ones stay in use",
                metadata: ["file": "\(tls.path(of: error.file))", "why": "the file \(error)"])
        }
    }

    /// Nil without `--journal`, and where it cannot be kept: then the rest goes on.
    private static func journalSpool(_ configuration: AgentConfiguration, _ log: Logger) -> JournalSpool? {
        guard let directory = configuration.journalDirectory else { return nil }
        do {
            return try JournalSpool(directory: directory)
        } catch {
            log.error("the journal is not followed: \(error.detail)")
            return nil
        }
    }

    private static func logSource(
        _ configuration: AgentConfiguration, _ spool: JournalSpool?, _ loop: EventLoop, _ log: Logger
    ) -> LogSource? {
        var own = spool.map { [$0.path] } ?? []
        if let directory = configuration.containerLogDirectory {
            StateFile.makeDirectory(directory)
            own.append(ContainerSpool.pattern(in: directory))
        }
        guard !configuration.logPaths.isEmpty || !own.isEmpty else { return nil }
        let statePath = configuration.stateDirectory.map { "\($0)/logs-\(configuration.id)" }
        return LogSource(
            .init(patterns: configuration.logPaths, own: own, statePath: statePath), loop: loop, log: log)
    }

    /// Nil without `--container-log`.
    private static func containerFeed(
        _ configuration: AgentConfiguration, _ engine: ContainerEngine, _ logs: LogSource?, _ log: Logger
    ) -> ContainerFeed? {
        guard let directory = configuration.containerLogDirectory, let logs else { return nil }
        return ContainerFeed(
            .init(patterns: configuration.containerLogs, directory: directory), engine: engine, logs: logs, log: log)
    }

    /// Bytes of task output that wait for an acknowledgement.
    var spooledBytes: Int { tasks.spooledBytes }
    /// Commands of tasks that run.
    var runningCommands: Int { tasks.roots.count }

    /// What was allowed, and can be done.
    private var taskKinds: [String] {
        TaskManager.supportedKinds.filter {
            configuration.allowedTasks.contains($0) && ($0 != "docker" || containers != nil)
        }
    }

    private var identity: AgentIdentity {
        AgentIdentity(
            id: configuration.id, token: tokens.current, hostname: configuration.hostname,
            version: configuration.version, streamTypes: registry.types,
            taskKinds: taskKinds,
            labels: configuration.labels, bootID: bootID)
    }
}

extension Agent: SessionDelegate {
    var taskStandings: [TaskStanding] { tasks.standings }
    var appliedGeneration: UInt64 { streams.appliedGeneration }

    func sessionOpened(_ welcome: Welcome) {
        if let problem = welcome.agentToken.flatMap(tokens.keep) {
            return session.abandon("the agent's own token cannot be kept, and enrolling is tried again: \(problem)")
        }
        announceConnection()
        log.info(
            "connected",
            metadata: ["gateway": "\(configuration.gateway)", "gateway_version": "\(welcome.gatewayVersion)"])
        streams.window = welcome.streamWindow
        tasks.sessionOpened(known: welcome.tasks)
        settle()
    }

    /// What a start needs, of the agent and of each of its streams, is for the most part never needed again: a moment
    /// later its memory is given back.
    private func settle() {
        settling = loop.schedule(after: Self.settlingTime) {
            cp_return_memory()
            cp_release_code()
        }
    }

    func sessionLost() {
        streams.reset()
        tasks.sessionLost()
    }

    func received(_ message: GatewayMessage) {
        switch message {
        case .desiredStreams(let generation, let streams):
            self.streams.apply(generation: generation, streams)
            settle()
        case .taskRequest(let order): tasks.start(order)
        case .taskCancel(let id): tasks.cancel(id)
        case .acknowledgement(.task(let id, let seq, let isFinal)): tasks.acknowledge(id, upTo: seq, isFinal: isFinal)
        case .systemInfoRequest(let order): systemInfo.request(order)
        case .containersRequest(let id): containers?.lister.request(id)
        case .acknowledgement(.stream(let ref, let seq)): streams.acknowledge(ref, upTo: seq)
        case .resend(let ref, let seq): streams.resend(ref, from: seq)
        case .welcome, .refusal, .heartbeat, .goodbye, .unknown: break  // the session's own
        }
    }

    /// Both can fill all the room there is: they take turns at being first.
    func sessionDrained() {
        streamsAreFirst.toggle()
        if streamsAreFirst { streams.drained() }
        tasks.drained()
        if !streamsAreFirst { streams.drained() }
    }

    func sessionEnded(_ exit: AgentExit) { onEnd(exit) }

    private func answer(_ order: SystemInfoOrder, with info: SystemInfo) {
        session.send { arena in
            .systemInfo(
                arena.make { response in
                    response.request_id = arena.copy(order.requestID)
                    response.info = info.message(in: arena)
                })
        }
    }

    /// One line of JSON on stdout at each connection, for whoever started the agent.
    private func announceConnection() {
        let line = WireBuffer()
        line.append("{\"event\":\"connected\",\"gateway\":")
        line.appendJSONString("\(configuration.gateway)")
        line.append(",\"agent_id\":")
        line.appendJSONString(configuration.id)
        line.append("}")
        StandardOutput.writeLine(String(decoding: line.bytes, as: UTF8.self))
    }
}
