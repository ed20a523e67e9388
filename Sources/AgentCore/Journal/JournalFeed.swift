import Logging
import Model
import Reactor

/// The journal as a source of `log_aggregation`: what comes is written into the spool, which the agent's log source
/// follows, numbers, and reads again after a restart like any file. Loop's thread only.
final class JournalFeed {
    /// Between two looks at whether the spool can be renewed.
    private static let lookPeriod: Duration = .seconds(2)
    private static let retryPeriod: Duration = .seconds(5)

    private let loop: EventLoop
    private let log: Logger
    private let spool: JournalSpool
    private let logs: LogSource
    private var reader: JournalReader?
    private var timer: LoopTimer?
    private var problemIsLogged = false

    init(spool: JournalSpool, logs: LogSource, loop: EventLoop, log: Logger) {
        self.spool = spool
        self.logs = logs
        self.loop = loop
        self.log = log
        begin()
    }

    private func begin() {
        // unowned: the reader and the timer belong to this object.
        let reader = JournalReader(loop: loop, log: log, from: spool.position) { [unowned self] in take($0) }
        self.reader = reader
        timer = loop.schedule(after: Self.lookPeriod, repeating: Self.lookPeriod) { [unowned self] in look() }
        reader.start()
    }

    func stop() {
        timer = nil
        reader?.stop()
    }

    private func take(_ items: [JournalReader.Item]) {
        var lines: [UInt8] = []
        var position = spool.position
        for item in items {
            switch item {
            case .entry(let entry):
                lines += JournalLines.of(entry)
                position = .after(cursor: entry.cursor)
            case .leftOut(let bytes):
                lines += JournalLines.leftOut(bytes: bytes, atMilliseconds: Int64(unixNanoseconds() / 1_000_000))
            }
        }
        if let problem = spool.append(lines, at: position) { return fail(problem) }
        problemIsLogged = false
        if spool.size > JournalSpool.limit { reader?.isPaused = true }
    }

    /// The disk takes nothing: the journal keeps it, and is read from the last place again.
    private func fail(_ problem: String) {
        if !problemIsLogged {
            problemIsLogged = true
            log.error(
                "cannot write lines of the journal, and try again: \(problem)", metadata: ["file": "\(spool.path)"])
        }
        reader?.stop()
        timer = loop.schedule(after: Self.retryPeriod) { [unowned self] in begin() }
    }

    private func look() {
        guard spool.size > JournalSpool.renewal || reader?.isPaused == true,
            logs.hasDelivered(spool.path, size: spool.size)
        else { return }
        if let problem = spool.renew() { return fail(problem) }
        reader?.isPaused = false
    }
}
