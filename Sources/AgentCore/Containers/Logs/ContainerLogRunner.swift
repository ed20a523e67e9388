import Model
import Reactor

/// The stream `container_logs`: what a container prints, from some lines back on and then as it comes.
///
/// It goes on over restarts of the container, without a line missing or twice, and with a new container that takes over
/// the name. While there is none, or no engine, the stream says so, and waits for it. When the way to the gateway is full
/// the log is read no further: what is not read yet is kept by the engine.
final class ContainerLogRunner: StreamRunner {
    static let defaultInterval: Milliseconds = 250
    static let defaultTail: UInt32 = 100
    /// Between two looks at a container that has ended, or that is not there.
    private static let lookDelay: Duration = .seconds(1)
    private static let retryDelay: Duration = .seconds(5)

    private let loop: EventLoop
    private let engine: ContainerEngine
    private let output: StreamOutput
    private let memory: ContainerLogMemory
    private let resource: String
    private let name: ContainerName
    private var interval: Milliseconds
    private var tail: UInt32

    private var container: ContainerDetail?
    private var place = LogPlace()
    private var lines: ContainerLogLines
    private var decoder: ContainerLogDecoder?
    /// When the log was first read, in nanoseconds since 1970: what comes later is new, also where nothing came before.
    private var firstRead: UInt64?
    /// The start of the container whose log has been read to its end.
    private var finishedStart: String?
    private var call: EngineCall?
    private var lookTimer: LoopTimer?
    private var flushTimer: LoopTimer?
    private var lastFlush: MonotonicTime?

    init(_ spec: StreamSpec, _ context: StreamContext) throws(StreamRejection) {
        guard let containers = context.host.containers else {
            throw StreamRejection(code: .unsupported, message: "this agent was started with --docker-host none")
        }
        guard let name = ContainerName(spec.resource) else {
            throw StreamRejection(code: .notFound, message: "no container can be called \(spec.resource)")
        }
        let wanted = try Self.wanted(spec.config)
        loop = context.loop
        engine = containers.engine
        memory = containers.logMemory
        output = context.output
        resource = spec.resource
        self.name = name
        interval = wanted.interval
        tail = wanted.tail
        let remembered = memory.take(resource, ref: spec.ref, after: wanted.after, now: .now)
        lines = ContainerLogLines(after: remembered?.lastSeq ?? 0)
        if let remembered { (container, place) = (remembered.container, remembered.place) }
        look()
    }

    func update(_ configuration: StreamConfiguration) throws(StreamRejection) {
        interval = try Self.wanted(configuration).interval
    }

    func drained() { flush() }

    func sessionLost() {
        guard let container else { return }
        // Lines that wait come again when the log is read on from the last that has been sent.
        memory.keep(
            .init(container: container, place: sentPlace, lastSeq: lines.lastSeq), of: resource, ref: output.ref,
            now: .now)
    }

    private static func wanted(
        _ configuration: StreamConfiguration
    ) throws(StreamRejection) -> (interval: Milliseconds, tail: UInt32, after: UInt64?) {
        switch configuration {
        case .none: return (defaultInterval, defaultTail, nil)
        case .containerLogs(let interval, let tail, let after):
            return (min(max(interval ?? defaultInterval, 10), 60_000), tail ?? defaultTail, after)
        default: throw StreamRejection(code: .failed, message: "the configuration is not one for container_logs")
        }
    }

    // MARK: - Finding the container

    private func look() {
        // unowned, here and below: calls and timers belong to this object.
        call = engine.json(HTTPCall(.get, name.path("json"))) { [unowned self] in
            found($0.flatMap(ContainerDetail.read))
        }
    }

    private func lookAgain(after delay: Duration) {
        lookTimer = loop.schedule(after: delay) { [unowned self] in look() }
    }

    private func found(_ result: Result<ContainerDetail, EngineError>) {
        switch result {
        case .failure(let error):
            output.report(error.rejection)
            lookAgain(after: error.status == 404 ? Self.lookDelay : Self.retryDelay)
        case .success(let found):
            output.report(nil)
            if let known = container, known.id != found.id {
                // Another one has the name now: all of it is new.
                flush()
                (place, tail, finishedStart, firstRead) = (LogPlace(), .max, nil, nil)
            }
            container = found
            guard found.isRunning || finishedStart != found.startedAt else { return lookAgain(after: Self.lookDelay) }
            follow(found)
        }
    }

    // MARK: - Following it

    private func follow(_ container: ContainerDetail) {
        var query = [("follow", "1"), ("stdout", "1"), ("stderr", "1"), ("timestamps", "1")]
        if place.timestamp > 0 {
            query.append(("since", EngineTime.text(nanoseconds: place.timestamp)))
            place.readAgain()
        } else if let firstRead {
            query.append(("since", EngineTime.text(nanoseconds: firstRead)))
        } else {
            query.append(("tail", tail == .max ? "all" : "\(tail)"))
        }
        let time = unixNanoseconds()
        decoder = ContainerLogDecoder(hasTerminal: container.hasTerminal)
        call = engine.stream(
            HTTPCall(.get, "/containers/\(HTTPCall.encoded(container.id))/logs", query), timeout: nil,
            EngineCall.Handlers(
                head: { [unowned self] _ in firstRead = firstRead ?? time },
                body: { [unowned self] in received($0) },
                end: { [unowned self] in followed(container, $0) }))
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        // Taken out, so that the two are not used at once.
        guard var decoder else { return }
        self.decoder = nil
        defer { self.decoder = decoder }
        do {
            try decoder.consume(bytes) { self.take($0) }
        } catch {
            call?.cancel()
            output.report(EngineError.broken(error.reason).rejection)
            lookAgain(after: Self.retryDelay)
        }
        flushSoon()
    }

    private func followed(_ container: ContainerDetail, _ error: EngineError?) {
        decoder?.finish { self.take($0) }
        decoder = nil
        flushSoon()
        switch error {
        case nil: finishedStart = container.startedAt
        case .refused(404, _), .broken: break  // it has gone, or the engine has: the next look tells
        case .refused, .absent, .unavailable, .denied: error.map { output.report($0.rejection) }
        }
        lookAgain(after: error == nil || error?.status == 404 ? Self.lookDelay : Self.retryDelay)
    }

    private func take(_ line: ContainerLogDecoder.Line) {
        if place.take(line.timestamp) { lines.append(line) }
    }

    // MARK: - Sending

    /// Now, if the last frame is an interval back; else then.
    private func flushSoon() {
        let age = lastFlush.map { MonotonicTime.now.milliseconds(since: $0) } ?? interval
        if lines.isPlenty || age >= interval { return flush() }
        guard flushTimer == nil, !lines.isEmpty else { return }
        flushTimer = loop.schedule(after: .milliseconds(interval - age)) { [unowned self] in flush() }
    }

    private func flush() {
        flushTimer = nil
        if let container {
            while !lines.isEmpty, output.hasRoom {
                let (first, batch) = lines.next()
                lastFlush = .now
                _ = output.send { batch.payload(of: container, from: first, in: $0) }
            }
        }
        call?.isPaused = lines.isFull
    }

    /// Behind the last line that has been sent.
    private var sentPlace: LogPlace { place.before(lines.lines.map(\.timestamp)) }
}
