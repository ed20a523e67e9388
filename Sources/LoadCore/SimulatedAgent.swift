import Model
import Options
import Reactor
import Wire

/// One agent: says Hello, follows the desired streams, and sends what it is told to. Used on the fleet's loop only.
final class SimulatedAgent: LinkDelegate {
    static let limits = LinkLimits(maxFrame: 1 << 20, maxOutput: 16 << 20, lowWater: 4 << 20)
    static let connectTimeout: Duration = .seconds(10)

    let number: Int
    /// unowned: the fleet owns its agents.
    private unowned let fleet: AgentFleet
    private var link: Link?
    private var retry: LoopTimer?
    private var backoff = Backoff(generator: SystemRandomNumberGenerator())
    /// What the gateway asked for when it sent this agent away.
    private var retryAfter: Int?
    private(set) var isWelcome = false
    private var isStopping = false
    private var generation: UInt64 = 0
    /// The short names under which its topics run now, by topic.
    private var references: [Int: UInt32] = [:]
    /// Tasks that it was given and has not ended, by topic.
    private var tasks: [Int: String] = [:]

    init(number: Int, fleet: AgentFleet) {
        self.number = number
        self.fleet = fleet
    }

    func connect() {
        link = Link.connect(
            on: fleet.loop, host: fleet.address.host, port: fleet.address.port, timeout: Self.connectTimeout,
            limits: Self.limits, delegate: self)
    }

    // MARK: - What it runs

    /// Does the gateway want this topic now?
    func runs(topic: Int) -> Bool { references[topic] != nil || tasks[topic] != nil }

    /// May more be sent without more than 4 MiB waiting?
    var hasRoom: Bool { isWelcome && (link?.pendingBytes ?? .max) <= Self.limits.lowWater }

    /// Sends lines of a topic that runs. Returns false when nothing was sent.
    func send(_ batch: LineBatch) -> Bool {
        if let task = tasks[batch.topic] { return send { batch.taskResponse(task, in: $0) } }
        guard let reference = references[batch.topic] else { return false }
        return send { batch.streamData(reference, generation: generation, fleet: fleet, in: $0) }
    }

    func sendHeartbeat() {
        guard isWelcome else { return }
        let generation = generation
        send { arena in
            .heartbeat(arena.make { wireSet(&$0.has_applied_generation, &$0.applied_generation, generation) })
        }
    }

    /// Ends its tasks and says goodbye.
    /// - Parameter last: number of the last line of each topic.
    func stop(last: [UInt64]) {
        isStopping = true
        retry = nil
        for (topic, task) in tasks { send { LineBatch.final(of: task, after: last[topic], in: $0) } }
        send { arena in .goodbye(arena.make { wireSet(&$0.has_reason, &$0.reason, .stopping) }) }
        link?.close(afterFlushingWithin: .seconds(1))
    }

    @discardableResult
    private func send(_ build: (WireArena) -> WireAgentBody) -> Bool {
        guard let link else { return false }
        return fleet.frame(build) { link.send($0) }
    }

    // MARK: - Link

    func linkOpened(_ link: Link) {
        let isShell = fleet.stream == .shellOutput
        send {
            .hello(
                $0.hello(
                    id: LoadTopic.agentID(number), token: fleet.token,
                    streamTypes: isShell ? [] : [fleet.stream.rawValue], taskKinds: isShell ? ["shell"] : [],
                    bootID: fleet.bootID))
        }
    }

    func link(_ link: Link, received frames: Frames) -> Bool {
        for frame in frames {
            fleet.incoming.reset()
            guard let message = try? decodeServerMessage(frame, arena: fleet.incoming) else { return false }
            handle(message.pointee.message)
        }
        return true
    }

    func linkClosed(_ link: Link, _ end: LinkEnd) {
        self.link = nil
        fleet.topicsChanged(by: -references.count)
        references = [:]
        generation = 0
        if isWelcome { fleet.agentLeft() }
        isWelcome = false
        guard !isStopping else { return }
        fleet.note("agent \(number): \(end.description)")
        let pause = backoff.next(retryAfter: retryAfter)
        retryAfter = nil
        retry = fleet.loop.schedule(after: .milliseconds(pause)) { [unowned self] in
            connect()  // unowned: the timer ends with this object
        }
    }

    private func handle(_ message: WireServerBody) {
        switch message {
        case .welcome(let welcome):
            isWelcome = true
            fleet.agentArrived(heartbeat: wireValue(welcome.pointee.has_heartbeat_ms, welcome.pointee.heartbeat_ms))
        case .refusal(let refusal):
            retryAfter = wireValue(refusal.pointee.has_retry_after_ms, refusal.pointee.retry_after_ms).map(Int.init)
            fleet.note("agent \(number) was refused: \(wireString(refusal.pointee.message) ?? "no reason was given")")
        case .desiredStreams(let desired): apply(desired)
        case .taskRequest(let request): start(request)
        case .goodbye(let goodbye):
            retryAfter = wireValue(goodbye.pointee.has_retry_after_ms, goodbye.pointee.retry_after_ms).map(Int.init)
            fleet.note("agent \(number) was sent away: \(wireString(goodbye.pointee.message) ?? "no reason was given")")
        case .heartbeat: backoff.reset()
        case .taskCancel, .ack, .resend, .systemInfoRequest, .containersRequest, .unknown: break
        }
    }

    private func apply(_ desired: UnsafeMutablePointer<WireDesiredStreams>) {
        let newer = desired.pointee.generation
        guard newer >= generation else { return }
        generation = newer
        let before = references.count
        references = [:]
        for stream in WireList(desired.pointee.n_streams, desired.pointee.streams) {
            guard wireString(stream.pointee.stream_type) == fleet.stream.rawValue,
                let topic = fleet.topic(named: wireString(stream.pointee.resource) ?? "", of: number)
            else { continue }
            references[topic] = stream.pointee.stream_ref
        }
        fleet.topicsChanged(by: references.count - before)
        let running = references.values.sorted()
        send { .streamStates($0.streamStates(generation: newer, running: running)) }
    }

    /// The command of a task is the number of its topic.
    private func start(_ request: UnsafeMutablePointer<WireTaskRequest>) {
        guard case .shellExecute(let shell) = request.pointee.task, let id = wireString(request.pointee.task_id),
            let topic = Int(String(wire: shell.pointee.cmd)), tasks[topic] == nil
        else { return }
        tasks[topic] = id
        fleet.topicsChanged(by: 1)
    }
}
