import Glibc
import Model
import Reactor
import Synchronization
import Wire

@testable import AgentCore

/// A gateway that does what a test tells it, on a real socket. Keeps what agents said as values.
///
/// @unchecked Sendable because `state` has its mutex, and everything else is touched on the loop only.
final class ScriptedGateway: @unchecked Sendable {
    /// The answer to a Hello.
    enum Answer {
        case welcome
        case refusal(WireRefusalCode, String, retryAfter: UInt32?)
        case silence
    }

    let loop: EventLoop
    private(set) var port: UInt16 = 0
    let shared = Mutex(State())
    private var listener: Listener?
    private var link: Link?
    private let arena = WireArena()
    private let outgoing = WireArena()

    // Touched on the loop only; tests change them with `configure`.
    var answer = Answer.welcome
    var heartbeatMilliseconds: UInt32 = 1000
    /// Lines are acknowledged as they come.
    var acknowledges = true
    /// Tasks that the gateway claims not to know.
    var forgottenTasks: Set<String> = []
    var agentToken: String?
    /// Items of reliable streams are acknowledged as they come.
    var acknowledgesItems = true
    /// False: a full disk. Items are forgotten, and nothing is said.
    var keepsItems = true
    var streamWindow: UInt32?
    /// For connections from now on; nil: plain TCP.
    var tls: TLSContext? {
        didSet {
            listener = nil
            listenAgain()
        }
    }
    /// What every connection is told to stream, from its beginning.
    var standing: [Wanted] = []

    init() async throws {
        loop = try EventLoop(name: "gateway")
        port = try await loop.run { [self] in try listen(port: 0) }
    }

    deinit { loop.stop() }

    var state: State { shared.withLock { $0 } }

    func task(_ id: String) -> Task { state.tasks[id] ?? Task() }

    func configure(_ body: @escaping @Sendable (ScriptedGateway) -> Void) async throws {
        try await loop.run { [self] in body(self) }
    }

    // MARK: - What it does

    /// Closes the listener and the connection: a gateway that is down.
    func goDown() async throws {
        try await loop.run { [self] in
            listener = nil
            link?.close()
        }
    }

    func comeBack() async throws {
        try await loop.run { [self] in listenAgain() }
    }

    /// A process that another test is just starting has this one's descriptors for a moment, the old listener's among
    /// them, and the port is in use until then.
    private func listenAgain() {
        let patience = SystemClock.monotonicNanoseconds + 30_000_000_000
        while (try? listen(port: port)) == nil {
            precondition(SystemClock.monotonicNanoseconds < patience, "port \(port) stays in use")
            usleep(1_000)
        }
    }

    func dropConnection() async throws {
        try await loop.run { [self] in link?.close() }
    }

    func stopReading() async throws { try await loop.run { [self] in link?.pause() } }

    func goOnReading() async throws { try await loop.run { [self] in link?.resume() } }

    func send(_ build: @escaping @Sendable (WireArena) -> WireServerBody) async throws {
        try await loop.run { [self] in send(build) }
    }

    func sendRaw(_ bytes: [UInt8]) async throws {
        try await loop.run { [self] in _ = link?.send(bytes) }
    }

    func runShell(_ id: String, _ command: String, timeout: UInt32? = nil) async throws {
        try await runShell(id, Array(command.utf8), timeout: timeout)
    }

    func runShell(_ id: String, _ command: [UInt8], timeout: UInt32? = nil) async throws {
        try await send { arena in
            .taskRequest(
                arena.make { request in
                    request.task_id = arena.copy(id)
                    wireSet(&request.has_timeout_ms, &request.timeout_ms, timeout)
                    request.task = .shellExecute(
                        arena.make { wireSet(&$0.has_cmd, &$0.cmd, arena.copyBytes(command)) })
                })
        }
    }

    func cancel(_ id: String) async throws {
        try await send { arena in .taskCancel(arena.make { $0.task_id = arena.copy(id) }) }
    }

    /// Stores and acknowledges everything of the task that has come so far.
    func acknowledgeAll(_ id: String) async throws {
        try await loop.run { [self] in store(id) }
    }

    func sayGoodbye(_ reason: WireGoodbyeReason, retryAfter: UInt32? = nil) async throws {
        try await send { arena in
            .goodbye(
                arena.make { goodbye in
                    wireSet(&goodbye.has_reason, &goodbye.reason, reason)
                    wireSet(&goodbye.has_retry_after_ms, &goodbye.retry_after_ms, retryAfter)
                })
        }
        try await loop.run { [self] in link?.close(afterFlushingWithin: .seconds(1)) }
    }

    struct Wanted: Sendable {
        var ref: UInt32
        var type: String
        var interval: UInt32?
        var parts: [String] = []
        var resource: String?
        /// container_logs: lines of history, and the last number that has come.
        var tail: UInt32?
        var after: UInt64?
    }

    func desire(_ generation: UInt64, _ streams: [Wanted]) async throws {
        try await loop.run { [self] in sendDesired(generation, streams) }
    }

    private func sendDesired(_ generation: UInt64, _ streams: [Wanted]) {
        let positions = shared.withLock { $0.reliable.mapValues(\.position) }
        send { arena in
            .desiredStreams(
                arena.make { desired in
                    wireSet(&desired.has_generation, &desired.generation, generation)
                    desired.n_streams = streams.count
                    desired.streams = arena.makeList(count: streams.count) { index, stream in
                        let wanted = streams[index]
                        wireSet(&stream.has_stream_ref, &stream.stream_ref, wanted.ref)
                        stream.stream_type = arena.copy(wanted.type)
                        stream.resource = arena.copy(wanted.resource)
                        stream.config = Self.config(wanted, positions[wanted.type], in: arena)
                    }
                })
        }
    }

    private static func config(
        _ wanted: Wanted, _ position: ReliablePosition?, in arena: WireArena
    ) -> WireStreamConfig {
        if wanted.type == "container_logs" {
            return .logRequest(
                arena.make { request in
                    wireSet(&request.has_interval_ms, &request.interval_ms, wanted.interval)
                    wireSet(&request.has_tail, &request.tail, wanted.tail)
                    wireSet(&request.has_after_seq, &request.after_seq, wanted.after)
                })
        }
        if wanted.type == "log_aggregation" {
            return .logRequest(
                arena.make { request in
                    wireSet(&request.has_interval_ms, &request.interval_ms, wanted.interval)
                    wireSet(&request.has_after_seq, &request.after_seq, position?.seq)
                    wireSet(&request.has_origin, &request.origin, position?.origin)
                })
        }
        if wanted.type == "system_events" {
            return .eventRequest(
                arena.make { request in
                    wireSet(&request.has_after_seq, &request.after_seq, position?.seq)
                    wireSet(&request.has_origin, &request.origin, position?.origin)
                })
        }
        if wanted.type == "health_check" {
            return .healthCheckRequest(
                arena.make { request in
                    wireSet(&request.has_interval_ms, &request.interval_ms, wanted.interval)
                    wireSet(&request.has_include_metrics, &request.include_metrics, flag: true)
                })
        }
        return .metricsRequest(
            arena.make { request in
                wireSet(&request.has_interval_ms, &request.interval_ms, wanted.interval)
                request.n_metrics = wanted.parts.count
                request.metrics = arena.copy(wanted.parts)
            })
    }

    // MARK: - On the loop

    private func listen(port: UInt16) throws -> UInt16 {
        let limits = LinkLimits(maxFrame: 1 << 20, maxOutput: 8 << 20, lowWater: 1 << 20)
        let listener = try Listener(loop: loop, host: "127.0.0.1", port: port, limits: limits, tls: tls) {
            [unowned self] _ in
            self
        }
        self.listener = listener
        return listener.port
    }

    func send(_ build: (WireArena) -> WireServerBody) {
        defer { outgoing.reset() }
        let bytes = outgoing.serverMessage(build(outgoing)).encoded()
        _ = link?.send(bytes)
    }

    private func received(_ frame: UnsafeRawBufferPointer) {
        defer { arena.reset() }
        guard let message = try? decodeAgentMessage(frame, arena: arena) else { return }
        shared.withLock { $0.largestFrame = max($0.largestFrame, frame.count) }
        switch message.pointee.message {
        case .hello(let hello): greet(hello.pointee)
        case .heartbeat(let heartbeat):
            shared.withLock { $0.heartbeats.append(heartbeat.pointee.applied_generation) }
            send { $0.serverMessageHeartbeat() }
        case .streamStates(let states): record(states.pointee)
        case .streamData(let data): record(data.pointee)
        case .taskResponse(let response): record(response.pointee)
        case .goodbye(let goodbye):
            let reason = Goodbye.Reason(rawValue: goodbye.pointee.reason.rawValue) ?? .unspecified
            shared.withLock { $0.goodbyes.append(reason) }
        case .containers(let response): record(response.pointee)
        case .systemInfo, .unknown: break
        }
    }

    private func greet(_ wire: WireHello) {
        let hello = Hello(
            agentID: wireString(wire.agent_id) ?? "", token: wireString(wire.token),
            streamTypes: wireStrings(wire.n_stream_types, wire.stream_types),
            taskKinds: wireStrings(wire.n_task_kinds, wire.task_kinds),
            labels: WireList(wire.n_labels, wire.labels).map {
                "\(wireString($0.pointee.name) ?? "")=\(wireString($0.pointee.value) ?? "")"
            },
            tasks: WireList(wire.n_tasks, wire.tasks).map {
                TaskStanding(
                    id: .init(wireString($0.pointee.task_id) ?? ""), lastSeq: $0.pointee.last_seq,
                    isFinal: $0.pointee.is_final != 0)
            },
            bootID: wire.boot_id, connection: wire.connection)
        switch answer {
        case .welcome:
            welcome(hello)
            if !standing.isEmpty { sendDesired(1, standing) }
        case .refusal(let code, let message, let delay): refuse(code, message, delay)
        case .silence: break
        }
        shared.withLock {
            $0.hellos.append(hello)
            $0.isOpen = true
        }
    }

    private func welcome(_ hello: Hello) {
        let known = shared.withLock { state in
            hello.tasks.filter { !forgottenTasks.contains($0.id.text) }.map { task in
                let stored = state.tasks[task.id.text] ?? Task()
                return TaskStanding(id: task.id, lastSeq: stored.storedSeq, isFinal: stored.finalIsStored)
            }
        }
        send { arena in
            .welcome(
                arena.make { welcome in
                    welcome.session_id = arena.copy("session")
                    wireSet(&welcome.has_heartbeat_ms, &welcome.heartbeat_ms, heartbeatMilliseconds)
                    welcome.agent_token = arena.copy(agentToken)
                    wireSet(&welcome.has_stream_window_bytes, &welcome.stream_window_bytes, streamWindow)
                    welcome.n_tasks = known.count
                    welcome.tasks = arena.makeList(count: known.count) { index, task in
                        task.task_id = arena.copy(known[index].id.text)
                        wireSet(&task.has_last_seq, &task.last_seq, known[index].lastSeq)
                        wireSet(&task.has_is_final, &task.is_final, flag: known[index].isFinal)
                    }
                })
        }
    }

    private func refuse(_ code: WireRefusalCode, _ message: String, _ delay: UInt32?) {
        send { arena in
            .refusal(
                arena.make { refusal in
                    wireSet(&refusal.has_code, &refusal.code, code)
                    refusal.message = arena.copy(message)
                    wireSet(&refusal.has_retry_after_ms, &refusal.retry_after_ms, delay)
                })
        }
        link?.close(afterFlushingWithin: .seconds(1))
    }
}

extension ScriptedGateway: LinkDelegate {
    func linkOpened(_ link: Link) { self.link = link }

    func link(_ link: Link, received frames: Frames) -> Bool {
        for frame in frames { received(frame) }
        return true
    }

    func linkClosed(_ link: Link, _ end: LinkEnd) {
        if self.link === link { self.link = nil }
        shared.withLock {
            $0.closed += 1
            if case .tlsFailed(let failure) = end.reason { $0.failures.append(failure) }
            $0.isOpen = false
        }
    }
}

extension WireArena {
    fileprivate func serverMessageHeartbeat() -> WireServerBody { .heartbeat(make()) }
}
