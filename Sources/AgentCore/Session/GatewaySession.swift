import Logging
import Model
import Options
import Reactor
import Wire

/// What happens in a session, for whoever runs the streams and the tasks.
protocol SessionDelegate: AnyObject {
    /// For the Hello.
    var taskStandings: [TaskStanding] { get }
    /// For the heartbeats.
    var appliedGeneration: UInt64 { get }
    func sessionOpened(_ welcome: Welcome)
    func sessionLost()
    func received(_ message: GatewayMessage)
    /// There is room again for what waits to be sent.
    func sessionDrained()
    /// The machine has come to its end; nothing follows.
    func sessionEnded(_ exit: AgentExit)
}

/// The connection to the gateway: carries out what `SessionMachine` decides. Loop's thread only.
final class GatewaySession: FrameSink, LinkDelegate {
    static let limits = LinkLimits(
        maxFrame: Welcome.largestFrame,
        // Cannot be reached by what looks at `hasRoom` first.
        maxOutput: 4 << 20,
        // Above it periodic samples are skipped and task output is left in its spool.
        lowWater: 256 << 10,
        userTimeout: .seconds(30))
    static let connectTimeout: Duration = .seconds(10)
    /// For a last frame to get out before a close.
    static let linger: Duration = .seconds(1)

    private let loop: EventLoop
    private let gateway: Endpoint
    private let tls: TLSContext?
    private let identity: () -> AgentIdentity
    private let log: Logger
    /// unowned: the agent owns this object.
    private unowned let delegate: any SessionDelegate
    private var machine = SessionMachine(generator: SystemRandomNumberGenerator())
    private var link: Link?
    private lazy var timer = LoopTimer(loop: loop) { [unowned self] in
        perform(machine.timerFired(now: .sinceBoot))  // unowned: the timer ends with this object
    }
    private var helloCount: UInt64 = 0
    private let incoming = WireArena()
    private let outgoing = WireArena()
    private let buffer = WireBuffer()
    private(set) var maximumFrame = Welcome.largestFrame

    init(
        loop: EventLoop, gateway: Endpoint, tls: TLSContext?, log: Logger, delegate: any SessionDelegate,
        identity: @escaping () -> AgentIdentity
    ) {
        self.loop = loop
        self.gateway = gateway
        self.tls = tls
        self.log = log
        self.delegate = delegate
        self.identity = identity
    }

    func start() { perform(machine.start()) }

    /// Says goodbye; the delegate's `sessionEnded` follows.
    func stop(_ exit: AgentExit) { perform(machine.stop(exit)) }

    /// In the place of the first word: closes without one, and tries again later.
    func abandon(_ why: String) { perform(machine.abandon(why)) }

    // MARK: - Sending

    var hasRoom: Bool {
        guard machine.isOpen, let link else { return false }
        return link.pendingBytes <= Self.limits.lowWater
    }

    @discardableResult
    func send(_ build: (WireArena) -> WireAgentBody) -> Bool {
        machine.isOpen && sendFrame(build)
    }

    func sendStreamData(
        payload: [UInt8], _ build: (WireArena) -> UnsafeMutablePointer<WireStreamData>
    ) -> Bool {
        guard machine.isOpen else { return false }
        return sendFrame { buffer in
            payload.withUnsafeBytes { buffer.appendStreamData(build(outgoing), rest: $0) }
        }
    }

    private func sendFrame(_ build: (WireArena) -> WireAgentBody) -> Bool {
        sendFrame { $0.appendEncoded(outgoing.agentMessage(build(outgoing))) }
    }

    /// `encode` makes the message in `outgoing` and appends it to the buffer.
    private func sendFrame(encode: (WireBuffer) -> Void) -> Bool {
        guard let link else { return false }
        defer {
            outgoing.reset()
            buffer.removeAll()
        }
        encode(buffer)
        guard buffer.count <= maximumFrame else {
            log.error("a message of \(buffer.count) bytes does not fit a frame and is left out")
            return false
        }
        return buffer.withBytes { link.send($0) }
    }

    // MARK: - The link

    private func connect() {
        link = Link.connect(
            on: loop, host: gateway.host, port: gateway.port, timeout: Self.connectTimeout, limits: Self.limits,
            tls: tls, delegate: self)
    }

    func linkOpened(_ link: Link) { perform(machine.linkUp()) }

    func link(_ link: Link, received frames: Frames) -> Bool {
        for frame in frames { received(frame) }
        return true
    }

    func linkDrained(_ link: Link) {
        if machine.isOpen { delegate.sessionDrained() }
    }

    func linkClosed(_ link: Link, _ end: LinkEnd) {
        self.link = nil
        perform(machine.linkLost(detail: end.advice))
    }

    private func received(_ frame: UnsafeRawBufferPointer) {
        defer { incoming.reset() }
        do {
            let message = try GatewayMessage(decodeServerMessage(frame, arena: incoming))
            perform(machine.received(message, now: .sinceBoot))
        } catch {
            perform(machine.receivedGarbage("\(error)"))
        }
    }

    // MARK: - Carrying out

    private func perform(_ actions: [SessionMachine<SystemRandomNumberGenerator>.Action]) {
        for action in actions { perform(action) }
    }

    private func perform(_ action: SessionMachine<SystemRandomNumberGenerator>.Action) {
        switch action {
        case .connect: connect()
        case .sendHello:
            helloCount += 1
            var identity = identity()
            identity.connection = helloCount
            _ = sendFrame { identity.hello(tasks: delegate.taskStandings, in: $0) }
        case .sendHeartbeat:
            let generation = delegate.appliedGeneration
            _ = sendFrame { $0.heartbeat(appliedGeneration: generation) }
        case .close(let goodbye):
            if let goodbye { _ = sendFrame { $0.goodbye(goodbye) } }
            link?.close(afterFlushingWithin: Self.linger)
        case .startTimer(let delay, let repeating):
            timer.start(after: .milliseconds(delay), repeating: repeating ? .milliseconds(delay) : nil)
        case .stopTimer: timer.cancel()
        case .opened(let welcome):
            maximumFrame = welcome.maximumFrame
            delegate.sessionOpened(welcome)
        case .lost: delegate.sessionLost()
        case .deliver(let message): delegate.received(message)
        case .end(let exit): delegate.sessionEnded(exit)
        case .log(let note): log.log(level: note.level, "\(note.text)")
        }
    }
}
