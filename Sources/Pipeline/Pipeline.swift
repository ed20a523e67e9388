package import Logging
package import Model
import Processing
package import Reactor
package import Storage
import Synchronization
import Wire

/// Runs the processors: decodes what agents send, lets the engine work, writes what is to be kept, and hands what is to
/// be published to the hub. An actor on a loop of its own, so that no amount of processing delays what is passed on raw.
///
///     hub ── frame ──> decode ──> ProcessingEngine ──> keep: store ──> stored ──> hub (acknowledges)
///                                                 └──> publish ──> hub (numbers, renders once per view)
package actor Pipeline {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let store: Store
    let log: Logger
    var engine: ProcessingEngine
    /// From `start` to `stop`. Strong, since the hub, which owns the pipeline, is called for each small message: an object
    /// that anything refers to weakly has its references counted in a table beside it, at twice the price.
    var delegate: (any PipelineDelegate)?
    /// Alerts that began or ended are told outside.
    let tellOutside: @Sendable ([Alert]) -> Void
    let arena = WireArena()
    /// What the engine wants done, used again and again.
    var actions: [PipelineAction] = []
    /// Streams of which something was not stored, until they are rewound.
    var refused: Set<StreamKey> = []
    let lastLine: LastLine
    private var timer: LoopTimer?

    private nonisolated let inbox = PipelineInbox()
    private nonisolated let maximumWaitingBytes: Int

    package init(
        loop: EventLoop, store: Store, settings: PipelineSettings, inherited: PipelineInheritance, log: Logger,
        tellOutside: @escaping @Sendable ([Alert]) -> Void = { _ in }
    ) {
        self.loop = loop
        self.store = store
        self.log = log
        self.tellOutside = tellOutside
        lastLine = LastLine(store.logs.lastNumber)
        maximumWaitingBytes = settings.maximumWaitingBytes
        let now = Now.current
        engine = ProcessingEngine(
            rules: inherited.rules ?? AlertRule.defaults, activeAlerts: inherited.alerts,
            silences: inherited.silences.filter { $0.until > now.wall }, now: now)
        for record in inherited.health { engine.restore(record, now: now) }
    }

    /// Results go to the delegate, which is kept until `stop`, from now on.
    package func start(_ delegate: any PipelineDelegate) {
        self.delegate = delegate
        timer = loop.schedule(after: .seconds(1), repeating: .seconds(1)) { [unowned self] in
            // unowned: the timer is owned by self and ends with it
            assumeIsolated { $0.tick() }
        }
    }

    package func stop() {
        timer = nil
        delegate = nil
    }

    // MARK: - What comes in

    /// Any thread. Whether a frame of so many bytes may be submitted.
    package nonisolated func hasRoom(for bytes: Int) -> Bool {
        inbox.waitingBytes + PipelineInbox.cost(of: bytes) <= maximumWaitingBytes
    }

    package nonisolated var waiting: Int { inbox.waitingBytes }

    /// Any thread. In order, also with what else comes in. The bytes are copied.
    package nonisolated func submit(_ frame: PipelineFrame, _ bytes: UnsafeRawBufferPointer) {
        if inbox.put(frame, bytes) { wake() }
    }

    /// Any thread. Something that happened in the gateway.
    package nonisolated func report(_ event: SystemEvent, _ now: Now) {
        run { $0.engine.process(.gatewayEvent(event), of: event.agent, now: now, into: &$0.actions) }
    }

    /// Any thread. What came of a reliable stream behind this position is not kept: it will come again.
    package nonisolated func rewind(_ position: StreamPosition) {
        let number = ItemNumber(origin: position.origin, seq: position.seq)
        run { pipeline in
            pipeline.refused.remove(StreamKey(position))
            pipeline.engine.process(
                .rewind(position.type, number), of: position.agent, now: .current, into: &pipeline.actions)
        }
    }

    /// Any thread. Whoever wants to go on from what is stored to what comes without a seam sets a mark.
    package nonisolated func set(_ mark: PipelineMark) {
        run { pipeline in
            pipeline.delegate?.pipelineMade([.marked(mark)])
            let lastLine = pipeline.lastLine
            // Behind everything that was handed to the store before.
            pipeline.store.logs.append(LogBatch()) { [delegate = pipeline.delegate] _ in
                delegate?.pipelineMade([.markStored(mark, last: lastLine.number)])
            }
        }
    }

    /// Any thread. An agent is asked for a stream, or is not any more.
    package nonisolated func streamStarted(_ key: StreamKey, config: StreamConfig) {
        run { $0.engine.streamStarted(key, config: config, now: .current, into: &$0.actions) }
    }

    package nonisolated func streamStopped(_ key: StreamKey) {
        run { $0.engine.streamStopped(key, now: .current, into: &$0.actions) }
    }

    /// Any thread. A view is read, or is not any more; with the same values.
    package nonisolated func viewOpened(_ type: StreamType, _ agent: AgentSelector, config: StreamConfig) {
        run { $0.engine.addReader(of: type, agent, config: config) }
    }

    package nonisolated func viewClosed(_ type: StreamType, _ agent: AgentSelector, config: StreamConfig) {
        run { $0.engine.removeReader(of: type, agent, config: config) }
    }

    /// Any thread. Runs the body on the loop behind what came before, then does what it left to be done.
    private nonisolated func run(_ body: @escaping @Sendable (isolated Pipeline) -> Void) {
        if inbox.put(body) { wake() }
    }

    /// Once for each chunk of the inbox.
    private nonisolated func wake() {
        loop.execute { self.assumeIsolated { $0.processNext() } }
    }

    private func processNext() {
        guard let chunk = inbox.take() else { return }
        process(chunk)
        inbox.giveBack(chunk)
    }

    private func tick() {
        engine.tick(now: .current, into: &actions)
        carryOut()
    }
}

package struct PipelineSettings: Sendable {
    /// What waits for the processors, over all agents, with what it takes to remember it. Beyond it samples are skipped,
    /// and lines and events stay with their agents. It is also what a question to the processors may have to wait behind:
    /// some 60 000 small messages, well under a second's work.
    package var maximumWaitingBytes = 16 << 20

    package init() {}
}

/// What a former life of the gateway has left in the store.
package struct PipelineInheritance: Sendable {
    /// Nil: nobody has ever set any.
    package var rules: [AlertRule]?
    package var alerts: [Alert]
    package var silences: [Silence]
    /// The last of each agent.
    package var health: [HealthRecord]

    package init(
        rules: [AlertRule]? = nil, alerts: [Alert] = [], silences: [Silence] = [], health: [HealthRecord] = []
    ) {
        self.rules = rules
        self.alerts = alerts
        self.silences = silences
        self.health = health
    }
}

extension Now {
    static var current: Now {
        Now(
            monotonic: MonotonicTime(nanoseconds: SystemClock.monotonicNanoseconds),
            wall: WallTime(millisecondsSince1970: Int64(SystemClock.wallMilliseconds)))
    }
}

/// The newest line that is stored, as the store's completions tell in their order.
final class LastLine: Sendable {
    private let value: Atomic<UInt64>

    init(_ number: LogNumber) { value = Atomic(number.rawValue) }

    var number: LogNumber { LogNumber(rawValue: value.load(ordering: .acquiring)) }

    func note(_ stored: StoredBatch, lines: Int) {
        guard let first = stored.firstLine, lines > 0 else { return }
        value.store(first.rawValue + UInt64(lines) - 1, ordering: .releasing)
    }
}
