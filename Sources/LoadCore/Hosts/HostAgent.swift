import Options
import Reactor
import Wire

/// An agent as an unattended host has one: it sends what the gateway wants all the time, log lines or samples, whether
/// anybody watches or not. Used on the fleet's loop only.
final class HostAgent: LinkDelegate {
    enum Role {
        /// Produces `log_aggregation`: the lines of this agent of the schedule.
        case logs(agent: Int)
        /// Produces `metrics` and `health_check`.
        case samples
    }

    static let reconnectPause: Duration = .milliseconds(500)

    let id: String
    private let role: Role
    /// unowned: the fleet owns its agents.
    private unowned let fleet: HostFleet
    private var link: Link?
    private var retry: LoopTimer?
    private var isWelcome = false
    private var isStopping = false
    private var generation: UInt64 = 0
    /// What the gateway calls the stream of lines on this connection; nil: it does not want it.
    private var lines: UInt32?
    private(set) var cursor = LogCursor()
    private let origin = UInt64.random(in: 1...UInt64(Int64.max))
    private var metrics = SampleClock()
    private var health = SampleClock()
    private var model: HostModel

    init(id: String, role: Role, number: Int, fleet: HostFleet) {
        self.id = id
        self.role = role
        self.fleet = fleet
        model = HostModel(number: number)
    }

    private var streamTypes: [String] {
        switch role {
        case .logs: ["log_aggregation"]
        case .samples: ["metrics", "health_check"]
        }
    }

    // MARK: - What it sends

    /// Sends the lines that are due, as far as the window goes.
    func sendLines(_ schedule: LogSchedule, now: UInt64) {
        guard case .logs(let agent) = role, let lines, isWelcome else { return }
        let due = schedule.count(agent: agent, at: now)
        while cursor.sent < due, let link, link.pendingBytes <= SimulatedAgent.limits.lowWater {
            let first = cursor.sent + 1
            let room = min(cursor.room(lineBytes: fleet.lineBytes), fleet.linesInFrame)
            guard room > 0 else { return }
            let count = min(due - cursor.sent, UInt64(room))
            var bytes = 0
            let isSent = fleet.frame { arena in
                .streamData(
                    fleet.lines(of: agent, first: first, count: Int(count), schedule, in: arena) {
                        wireSet(&$0.has_stream_ref, &$0.stream_ref, lines)
                        wireSet(&$0.has_generation, &$0.generation, self.generation)
                        wireSet(&$0.has_origin, &$0.origin, self.origin)
                    })
            } _: { frame in
                bytes = frame.count
                return link.send(frame)
            }
            guard isSent else { return }
            guard let new = cursor.handOver(through: first + count - 1, bytes: bytes) else { continue }
            fleet.sentFirst(new, agent: agent)
        }
    }

    func sendSamples(now: UInt64) {
        guard isWelcome else { return }
        if metrics.take(at: now), let reference = metrics.reference {
            model.move()
            fleet.figures.metricSamples += 1
            send { .streamData(sample(reference, .metrics(model.metrics(in: $0)), in: $0)) }
        }
        if health.take(at: now), let reference = health.reference {
            fleet.figures.healthSamples += 1
            send { .streamData(sample(reference, .healthCheck(model.health(in: $0)), in: $0)) }
        }
    }

    private func sample(
        _ reference: UInt32, _ payload: WirePayload, in arena: WireArena
    ) -> UnsafeMutablePointer<WireStreamData> {
        arena.make {
            wireSet(&$0.has_stream_ref, &$0.stream_ref, reference)
            wireSet(&$0.has_generation, &$0.generation, generation)
            wireSet(&$0.has_at_unix_ns, &$0.at_unix_ns, MonotonicTime.unixNanoseconds)
            $0.payload = payload
        }
    }

    func sendHeartbeat() {
        guard isWelcome else { return }
        let generation = generation
        send { arena in
            .heartbeat(arena.make { wireSet(&$0.has_applied_generation, &$0.applied_generation, generation) })
        }
    }

    func connect() {
        link = Link.connect(
            on: fleet.loop, host: fleet.address.host, port: fleet.address.port, timeout: SimulatedAgent.connectTimeout,
            limits: SimulatedAgent.limits, delegate: self)
    }

    func stop() {
        isStopping = true
        retry = nil
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
        send { .hello($0.hello(id: id, token: fleet.token, streamTypes: streamTypes, bootID: fleet.bootID)) }
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
        if lines != nil { fleet.linesWanted(-1) }
        lines = nil
        metrics.stop()
        health.stop()
        generation = 0
        if isWelcome { fleet.left() }
        isWelcome = false
        guard !isStopping else { return }
        fleet.note("agent \(id): \(end.description)")
        retry = fleet.loop.schedule(after: Self.reconnectPause) { [unowned self] in
            connect()  // unowned: the timer ends with this object
        }
    }

    private func handle(_ message: WireServerBody) {
        switch message {
        case .welcome(let welcome):
            isWelcome = true
            cursor.window = Int(
                wireValue(welcome.pointee.has_stream_window_bytes, welcome.pointee.stream_window_bytes)
                    ?? UInt32(LogCursor.defaultWindow))
            fleet.arrived(heartbeat: wireValue(welcome.pointee.has_heartbeat_ms, welcome.pointee.heartbeat_ms))
        case .refusal(let refusal):
            fleet.note("agent \(id) was refused: \(wireString(refusal.pointee.message) ?? "no reason was given")")
        case .desiredStreams(let desired): apply(desired)
        case .ack(let ack): take(ack)
        case .resend(let resend):
            guard resend.pointee.has_stream_ref != 0, resend.pointee.stream_ref == lines else { return }
            cursor.resend(from: resend.pointee.from_seq)
        case .goodbye(let goodbye):
            fleet.note("agent \(id) was sent away: \(wireString(goodbye.pointee.message) ?? "no reason was given")")
        case .heartbeat, .taskRequest, .taskCancel, .systemInfoRequest, .containersRequest, .unknown: break
        }
    }

    private func take(_ ack: UnsafeMutablePointer<WireAck>) {
        guard ack.pointee.has_stream_ref != 0, ack.pointee.stream_ref == lines else { return }
        acknowledged(cursor.acknowledge(upTo: ack.pointee.up_to_seq))
    }

    private func acknowledged(_ numbers: ClosedRange<UInt64>?) {
        guard let numbers, case .logs(let agent) = role else { return }
        fleet.acknowledged(numbers, agent: agent)
    }

    // MARK: - Desired streams

    private func apply(_ desired: UnsafeMutablePointer<WireDesiredStreams>) {
        let newer = desired.pointee.generation
        guard newer >= generation else { return }
        generation = newer
        let now = MonotonicTime.now
        var running: [UInt32] = []
        var wanted: Set<String> = []
        for stream in WireList(desired.pointee.n_streams, desired.pointee.streams) {
            guard let type = wireString(stream.pointee.stream_type), streamTypes.contains(type) else { continue }
            wanted.insert(type)
            running.append(stream.pointee.stream_ref)
            start(type, stream, now: now)
        }
        if !wanted.contains("log_aggregation"), lines != nil {
            lines = nil
            fleet.linesWanted(-1)
        }
        if !wanted.contains("metrics") { metrics.stop() }
        if !wanted.contains("health_check") { health.stop() }
        send { .streamStates($0.streamStates(generation: newer, running: running)) }
    }

    private func start(_ type: String, _ stream: UnsafeMutablePointer<WireDesiredStream>, now: UInt64) {
        let reference = stream.pointee.stream_ref
        switch stream.pointee.config {
        case .metricsRequest(let request):
            metrics.set(reference: reference, milliseconds: request.pointee.interval_ms, now: now)
        case .healthCheckRequest(let request):
            health.set(reference: reference, milliseconds: request.pointee.interval_ms, now: now)
        case .logRequest(let request): startLines(reference, request)
        case .eventRequest, .unknown: break
        }
    }

    /// An update of a stream that runs already changes nothing.
    private func startLines(_ reference: UInt32, _ request: UnsafeMutablePointer<WireLogRequest>) {
        let isNew = lines == nil
        lines = reference
        guard isNew else { return }
        fleet.linesWanted(1)
        let isOurs = wireValue(request.pointee.has_origin, request.pointee.origin) == origin
        let stored = isOurs ? wireValue(request.pointee.has_after_seq, request.pointee.after_seq) : nil
        acknowledged(cursor.begin(stored: stored))
    }
}
