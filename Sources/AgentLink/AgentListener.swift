package import Logging
package import Model
package import Reactor
import Wire

/// Accepts agents and keeps their connections. Everything happens on its loop.
package final class AgentListener {
    package let settings: AgentLinkSettings
    package private(set) var refused: UInt64 = 0
    package private(set) var accepted: UInt64 = 0
    package private(set) var protocolErrors: UInt64 = 0

    let delegate: any AgentLinkDelegate
    /// Scratch for decoding what comes in: valid until the next frame.
    let inArena = WireArena()
    /// Scratch for what goes out.
    let outArena = WireArena()
    let outBuffer = WireBuffer()

    private let loop: EventLoop
    private let log: Logger
    private var listener: Listener?
    private var connections: [ObjectIdentifier: AgentConnection] = [:]
    private var timer: LoopTimer?
    private var repetitions = RepeatedRefusals()
    private var strangers: Strangers

    /// - Parameter delegate: kept alive; it must not keep the listener.
    package init(loop: EventLoop, settings: AgentLinkSettings, delegate: any AgentLinkDelegate, log: Logger) {
        self.loop = loop
        self.settings = settings
        strangers = Strangers(limit: settings.maxStrangersPerAddress)
        self.delegate = delegate
        self.log = log
    }

    /// Whether nothing is read from agents: what they send waits in the kernels, and TCP slows them down. They are sent
    /// heartbeats meanwhile, and none of them counts as silent.
    package private(set) var isPaused = false

    /// On the loop.
    package func setPaused(_ paused: Bool) {
        loop.assertInLoop()
        guard paused != isPaused else { return }
        isPaused = paused
        for connection in Array(connections.values) {
            if paused { connection.pauseReading() } else { connection.resumeReading(now) }
        }
    }

    /// Connections that are open, welcomed or not.
    package var connectionCount: Int { connections.count }

    /// Binds and starts accepting. On the loop.
    /// - Returns: the port, which the kernel has chosen where 0 was asked for.
    package func listen(host: String, port: UInt16) throws(ReactorError) -> UInt16 {
        loop.preconditionInLoop()
        let limits = LinkLimits(
            maxFrame: settings.maxFrameBytes, maxOutput: settings.maxOutputBytes, lowWater: 64 << 10,
            userTimeout: .milliseconds(3 * settings.heartbeat))
        let listener = try Listener(loop: loop, host: host, port: port, limits: limits, tls: settings.tls) {
            [unowned self] peer in
            // unowned: the listener is owned by self and stops calling when it goes
            AgentConnection(peer: peer, listener: self, now: now)
        }
        self.listener = listener
        let period = Duration.milliseconds(settings.tick)
        timer = loop.schedule(after: period, repeating: period) { [unowned self] in
            // unowned: the timer is owned by self and ends with it
            let now = self.now
            for connection in Array(connections.values) { connection.tick(now) }
        }
        return listener.port
    }

    /// Stops accepting and says goodbye to every agent; they come back within `spread`, each at its own time.
    package func drain(spread: Milliseconds) {
        listener = nil
        for connection in Array(connections.values) {
            connection.goodbye(.draining, retryAfter: Int.random(in: 0...max(1, spread)))
        }
    }

    var now: MonotonicTime { MonotonicTime(nanoseconds: SystemClock.monotonicNanoseconds) }
    var bothClocks: Now {
        Now(
            monotonic: now,
            wall: WallTime(millisecondsSince1970: Int64(truncatingIfNeeded: SystemClock.wallMilliseconds)))
    }
    var wallNanoseconds: UInt64 { UInt64(SystemClock.wallMilliseconds) &* 1_000_000 }

    func opened(_ connection: AgentConnection) {
        accepted += 1
        connections[ObjectIdentifier(connection)] = connection
        if isPaused { connection.pauseReading() }
        if !strangers.came(connection.peer) || connections.count > settings.maxConnections {
            connection.refuse(.busy(retryAfter: Int.random(in: 5_000...30_000)))
        }
    }

    func welcomed(_ connection: AgentConnection) { strangers.left(connection.peer) }

    func closed(_ connection: AgentConnection, _ reason: AgentCloseReason, wasWelcomed: Bool) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        if !wasWelcomed { strangers.left(connection.peer) }
        guard case .protocolError(let text) = reason else { return }
        protocolErrors += 1
        warn("agent connection closed", why: text, of: connection)
    }

    /// TLS was not agreed upon, so nothing is known of the agent but its address.
    func countTLSFailure(_ failure: TLSFailure, _ text: String, of connection: AgentConnection) {
        refused += 1
        warn("agent refused", why: "\(text)\(failure.remedy.map { ": \($0)" } ?? "")", of: connection)
    }

    func countRefusal(_ refusal: AgentRefusal, of connection: AgentConnection) {
        refused += 1
        warn("agent refused", why: refusal.message, of: connection)
    }

    /// One that keeps trying is logged now and then.
    private func warn(_ message: Logger.Message, why: String, of connection: AgentConnection) {
        let agent = connection.agent?.text
        let peer = connection.peer
        guard let more = repetitions.note(peer, why: "\(agent ?? "") \(why)", at: now) else { return }
        var metadata: Logger.Metadata = ["peer": "\(peer)", "why": "\(why)"]
        if let agent { metadata["agent"] = "\(agent)" }
        if more > 0 { metadata["not_logged"] = "\(more)" }
        log.warning(message, metadata: metadata)
    }
}
