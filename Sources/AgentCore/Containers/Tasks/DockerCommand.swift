import Glibc
import JSON
import Model
import Reactor

/// One operation on containers, as a command of a task: what the engine and the container say is its output, its exit code
/// is the container's (`run`), the command's (`exec`), or 0 or 1; 125 to 127 as the command line of Docker has them. Loop's
/// thread only. What each operation does is in the extensions.
final class DockerCommand: TaskCommand {
    /// How a phase is ended from outside.
    enum Interruption {
        /// It is short: the next one looks at `isTerminated`.
        case wait
        /// The connection is closed.
        case drop
        case stop(container: String)
        case signal(exec: String)
    }

    /// As a shell has it for SIGTERM.
    static let terminated: Int32 = 143
    /// The engine, and not what it was to run, has failed.
    static let engineFailed: Int32 = 125
    /// From the end of the grace until nobody waits for the engine any more.
    private let patience: Duration

    let order: DockerOrder
    let engine: ContainerEngine
    /// Of the container that it runs.
    let labels: [(name: String, value: String)]
    private var handlers: CommandHandlers?
    /// The present phase.
    var call: EngineCall? {
        didSet { call?.isPaused = isPaused }
    }
    /// What is asked beside it: to begin and to end what it reads.
    private var sideCall: EngineCall?
    var interruption = Interruption.wait
    /// `run`: a container that is being made.
    var creation: ContainerCreation?
    /// `run`: the id of the container, until the engine is asked to remove it.
    var unremoved: String?
    /// `run`: the container has been started.
    var hasStarted = false
    /// `run`: what it prints has been read to its end, or cannot be read.
    var isDetached = false
    private(set) var isTerminated = false
    private var grace: Duration = .zero
    private var timer: LoopTimer?
    private var pauseTimer: LoopTimer?
    private(set) var outputHasEnded = false
    var frames: StdcopyDemultiplexer?
    var pull = PullProgress()
    var pullText: [UInt8] = []

    init(
        _ order: DockerOrder, engine: ContainerEngine, labels: [(name: String, value: String)] = [],
        patience: Duration = .seconds(10)
    ) {
        self.order = order
        self.engine = engine
        self.labels = labels
        self.patience = patience
    }

    var leader: Int32? { nil }
    var containerStays: Bool? { order.operation == .run ? order.container != nil : nil }

    var isPaused = false {
        didSet { call?.isPaused = isPaused }
    }

    /// Its end comes behind its output.
    func drain() {}

    func start(_ handlers: CommandHandlers) {
        self.handlers = handlers
        switch order.operation {
        case .run: create(pullingIfMissing: true)
        case .pull: pullImage(order.image, saying: .stdout) { $0.finish(0) }
        case .exec: prepareExec()
        case .logs: readLogs()
        case .start, .stop, .restart, .remove: act()
        }
    }

    /// The engine ends what it runs: `terminate` has told it to, with a grace.
    func kill() {}

    func release(_ whenGone: @escaping () -> Void) {
        handlers = nil
        call = nil
        sideCall = nil
        timer = nil
        pauseTimer = nil
        whenGone()
    }

    // MARK: - Ending it

    func terminate(grace: Duration) {
        guard !isTerminated, handlers != nil else { return }
        isTerminated = true
        self.grace = grace
        interrupt()
        guard handlers != nil else { return }
        // unowned, as in all callbacks: calls and timers belong to this object.
        timer = engine.loop.schedule(after: grace + patience) { [unowned self] in giveUp() }
    }

    /// Ends the present phase.
    func interrupt() {
        switch interruption {
        case .wait: break
        case .drop: finish(Self.terminated)
        case .stop(let container): stop(container)
        case .signal(let exec): signal(exec)
        }
    }

    private func giveUp() { finish(Self.terminated, "the container engine did not end it") }

    /// SIGTERM, and SIGKILL after the grace: the engine does both. The end of the container's output follows.
    private func stop(_ container: String) {
        let query = [("t", "\(grace.components.seconds)")]
        let call = HTTPCall(.post, "/containers/\(HTTPCall.encoded(container))/stop", query)
        tellBeside(call, timeout: nil) { command, result in
            if case .failure(let error) = result { command.say(error.sentence, .stderr) }
        }
    }

    /// The engine has no way to end a command that it runs in a container, but knows its process.
    private func signal(_ exec: String) {
        sideCall = engine.json(HTTPCall(.get, "/exec/\(HTTPCall.encoded(exec))/json")) { [unowned self] result in
            signalled(ContainerProcess(result))
        }
    }

    private func signalled(_ process: ContainerProcess?) {
        guard let process, process.signal(SIGTERM) else {
            return finish(Self.terminated, "the command goes on in the container: its process cannot be signalled")
        }
        timer = engine.loop.schedule(after: grace) { [unowned self] in
            _ = process.signal(SIGKILL)
            timer = engine.loop.schedule(after: patience) { [unowned self] in giveUp() }
        }
    }

    // MARK: - For the phases

    func say(_ line: String, _ stream: OutputStream = .stdout) {
        let bytes = Array((line + "\n").utf8)
        bytes.withUnsafeBytes { output($0, stream) }
    }

    func output(_ bytes: UnsafeRawBufferPointer, _ stream: OutputStream) { handlers?.output(stream, bytes) }

    /// The engine has said no.
    func fail(_ error: EngineError, code: Int32 = 1) {
        say(error.sentence, .stderr)
        finish(isTerminated ? Self.terminated : code, error.sentence)
    }

    /// The end. Its object may be gone afterwards.
    func finish(_ code: Int32, _ detail: String? = nil) {
        guard let handlers, !outputHasEnded else { return }
        call?.cancel()
        sideCall?.cancel()
        timer = nil
        pauseTimer = nil
        outputHasEnded = true
        abandonContainer()
        handlers.endOfOutput(.stdout)
        handlers.endOfOutput(.stderr)
        handlers.exit(ProcessExit(bySignal: false, number: code, detail: code == 0 ? nil : detail))
    }

    /// The next phase, after a moment.
    func later(_ next: @escaping (DockerCommand) -> Void) {
        pauseTimer = engine.loop.schedule(after: .milliseconds(100)) { [unowned self] in next(self) }
    }

    /// The next phase: an answer in JSON.
    func ask(_ call: HTTPCall, _ done: @escaping (DockerCommand, Result<JSONValue, EngineError>) -> Void) {
        self.call = engine.json(call) { [unowned self] in done(self, $0) }
    }

    /// The next phase: something that is done or not.
    func tell(
        _ call: HTTPCall, timeout: Duration? = .seconds(30),
        _ done: @escaping (DockerCommand, Result<EngineAnswer, EngineError>) -> Void
    ) {
        self.call = engine.collect(call, timeout: timeout) { [unowned self] in done(self, $0) }
    }

    /// The same beside the present phase, which goes on.
    func tellBeside(
        _ call: HTTPCall, timeout: Duration? = .seconds(30),
        _ done: @escaping (DockerCommand, Result<EngineAnswer, EngineError>) -> Void
    ) {
        sideCall = engine.collect(call, timeout: timeout) { [unowned self] in done(self, $0) }
    }

    /// The next phase: output of a container, until its end.
    func read(
        _ call: HTTPCall, hasTerminal: Bool, began: @escaping (DockerCommand) -> Void = { _ in },
        ended: @escaping (DockerCommand, EngineError?) -> Void
    ) {
        frames = hasTerminal ? nil : StdcopyDemultiplexer()
        self.call = engine.stream(
            call,
            EngineCall.Handlers(
                head: { [unowned self] _ in began(self) }, body: { [unowned self] in received($0) },
                end: { [unowned self] in ended(self, $0) }))
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        guard var frames else { return output(bytes, .stdout) }
        self.frames = nil
        do {
            try frames.consume(bytes) { output($0.bytes, $0.stream) }
            self.frames = frames
        } catch {
            fail(.broken(error.reason), code: Self.engineFailed)
        }
    }
}
