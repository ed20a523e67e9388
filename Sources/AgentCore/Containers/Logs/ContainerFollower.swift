import Logging
import Reactor

/// Writes what one container prints into its spool, which the agent's log source follows, numbers, and reads again after
/// a restart like any file. Loop's thread only.
final class ContainerFollower {
    private static let retryPeriod: Duration = .seconds(5)

    /// The container is not there any more: what is left of its lines is all there will be.
    var isGone = false

    private let name: ContainerName
    private let spool: ContainerSpool
    private let engine: ContainerEngine
    private let logs: LogSource
    private let log: Logger
    private var reader: ContainerLogReader?
    private var retry: LoopTimer?
    /// Whole lines that are not in the spool yet.
    private var lines: [UInt8] = []
    private var problemIsLogged = false
    /// The container has started since its reader began.
    private var hasStarted = false

    init(_ name: ContainerName, spool: ContainerSpool, engine: ContainerEngine, logs: LogSource, log: Logger) {
        self.name = name
        self.spool = spool
        self.engine = engine
        self.logs = logs
        self.log = log
    }

    /// The container has started, or was found: it is read from where its spool ends.
    func read() {
        isGone = false
        guard reader == nil, retry == nil else { return hasStarted = true }
        beginReading()
    }

    private func beginReading() {
        (lines, hasStarted) = ([], false)
        // unowned, here and below: the reader and the timer belong to this object.
        reader = ContainerLogReader(
            of: name, on: engine, from: spool.position, tail: .max,
            ContainerLogReader.Handlers(
                line: { [unowned self] in take($0) },
                rest: { [unowned self] in write() },
                problem: { [unowned self] in if isGone, $0?.status == 404 { reader = nil } },
                ended: { [unowned self] in ended() }))
        reader?.isPaused = isFull
    }

    private func ended() {
        reader = nil
        // The reader may have asked whether it runs before that, and heard it after.
        if hasStarted { beginReading() }
    }

    /// Now and then: makes room where the gateway has everything.
    /// - Returns: whether nothing of the container is left to be sent, and nothing will come.
    func look() -> Bool {
        guard logs.hasDelivered(spool.path, size: spool.size) else { return false }
        if isGone, reader == nil, retry == nil {
            spool.remove()
            return true
        }
        if spool.size > ContainerSpool.renewal || reader?.isPaused == true {
            if let problem = spool.renew() {
                fail(problem)
            } else {
                reader?.isPaused = false
            }
        }
        return false
    }

    private var isFull: Bool { spool.size > ContainerSpool.limit }

    private func take(_ line: ContainerLogDecoder.Line) {
        lines += line.bytes
        lines.append(UInt8(ascii: "\n"))
    }

    /// With the place behind them, so that none is read twice.
    private func write() {
        guard !lines.isEmpty, let reader, let container = reader.container else { return }
        let problem = spool.append(lines, at: ContainerPlace(container: container.id, place: reader.place))
        lines.removeAll(keepingCapacity: lines.count <= 64 << 10)
        if let problem { return fail(problem) }
        problemIsLogged = false
        if isFull { reader.isPaused = true }
    }

    /// The disk takes nothing: the engine keeps the log, which is read from the last place again.
    private func fail(_ problem: String) {
        if !problemIsLogged {
            problemIsLogged = true
            log.error(
                "cannot write lines of a container, and try again: \(problem)", metadata: ["file": "\(spool.path)"])
        }
        reader = nil
        retry = engine.loop.schedule(after: Self.retryPeriod) { [unowned self] in
            retry = nil
            beginReading()
        }
    }
}
