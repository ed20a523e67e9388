import Reactor

/// Reads what a container prints, from a place on: over restarts of the container, and with a new one that takes over its
/// name, without a line missing or twice. While there is none, or no engine, it waits for it. Loop's thread only.
final class ContainerLogReader {
    struct Handlers {
        /// A line that has not come before; valid during the call.
        var line: (ContainerLogDecoder.Line) -> Void
        /// What has come together has been handed over.
        var rest: () -> Void
        /// Another container has the name now; `container` is still the one before.
        var replaced: () -> Void = {}
        /// Why nothing comes; nil: no reason. Where there is no such container (404) the reader may be let go here.
        var problem: (EngineError?) -> Void = { _ in }
        /// The container does not run, and its log has been read to its end. The reader may be let go here.
        var ended: () -> Void = {}
    }

    /// Between two looks at a container that has ended, or that is not there.
    private static let lookDelay: Duration = .seconds(1)
    private static let retryDelay: Duration = .seconds(5)

    /// Nil before it has been found.
    private(set) var container: ContainerDetail?
    /// Behind the last line.
    private(set) var place: LogPlace

    private let engine: ContainerEngine
    private let name: ContainerName
    private let handlers: Handlers
    /// The container's lines that are read where no place is known; `.max`: all.
    private var tail: UInt32
    /// The id of the container that the place belongs to; empty: any.
    private var placeOwner: String
    private var decoder: ContainerLogDecoder?
    /// When the log was first read, in nanoseconds since 1970: what comes later is new, also where nothing came before.
    private var firstRead: UInt64?
    /// The start of the container whose log has been read to its end.
    private var finishedStart: String?
    private var call: EngineCall?
    private var lookTimer: LoopTimer?

    /// - Parameter tail: where the place is the beginning.
    init(
        of name: ContainerName, on engine: ContainerEngine, from place: ContainerPlace, tail: UInt32,
        _ handlers: Handlers
    ) {
        self.engine = engine
        self.name = name
        self.tail = tail
        self.handlers = handlers
        self.place = place.place
        placeOwner = place.container
        look()
    }

    /// While paused the log is not read: the engine keeps it.
    var isPaused = false {
        didSet { call?.isPaused = isPaused }
    }

    // MARK: - Finding the container

    private func look() {
        // unowned, here and below: calls and timers belong to this object.
        call = engine.json(HTTPCall(.get, name.path("json"))) { [unowned self] in
            found($0.flatMap(ContainerDetail.read))
        }
    }

    private func lookAgain(after delay: Duration) {
        lookTimer = engine.loop.schedule(after: delay) { [unowned self] in look() }
    }

    private func found(_ result: Result<ContainerDetail, EngineError>) {
        switch result {
        case .failure(let error):
            lookAgain(after: error.status == 404 ? Self.lookDelay : Self.retryDelay)
            handlers.problem(error)
        case .success(let found):
            handlers.problem(nil)
            if !placeOwner.isEmpty, placeOwner != found.id {
                // Another one has the name now: all of it is new.
                handlers.replaced()
                (place, tail, finishedStart, firstRead) = (LogPlace(), .max, nil, nil)
            }
            container = found
            placeOwner = found.id
            guard found.isRunning || finishedStart != found.startedAt else {
                lookAgain(after: Self.lookDelay)
                return handlers.ended()
            }
            follow(found)
        }
    }

    // MARK: - Following it

    private func follow(_ container: ContainerDetail) {
        var query = [("follow", "1"), ("stdout", "1"), ("stderr", "1"), ("timestamps", "1")]
        if place.timestamp > 0 {
            query.append(("since", EngineTime.text(nanoseconds: place.timestamp)))
            place.readAgain()
        } else if let firstRead, tail != .max {
            query.append(("since", EngineTime.text(nanoseconds: firstRead)))
        } else {
            query.append(("tail", tail == .max ? "all" : "\(tail)"))
        }
        let time = unixNanoseconds()
        decoder = ContainerLogDecoder(hasTerminal: container.hasTerminal, from: place)
        call = engine.stream(
            HTTPCall(.get, "/containers/\(HTTPCall.encoded(container.id))/logs", query), timeout: nil,
            EngineCall.Handlers(
                head: { [unowned self] _ in firstRead = firstRead ?? time },
                body: { [unowned self] in received($0) },
                end: { [unowned self] in followed(container, $0) }))
        call?.isPaused = isPaused
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        // Taken out, so that the two are not used at once.
        guard var decoder else { return }
        self.decoder = nil
        do {
            try decoder.consume(bytes) { self.take($0) }
        } catch {
            call?.cancel()
            handlers.problem(.broken(error.reason))
            lookAgain(after: Self.retryDelay)
        }
        self.decoder = decoder
        handlers.rest()
    }

    private func followed(_ container: ContainerDetail, _ error: EngineError?) {
        // What a broken connection ends within is no line: it comes again as a whole.
        if error == nil { finishLines() }
        decoder = nil
        switch error {
        case nil: finishedStart = container.startedAt
        case .refused(404, _), .broken: break  // it has gone, or the engine has: the next look tells
        case .refused, .absent, .unavailable, .denied: handlers.problem(error)
        }
        lookAgain(after: error == nil || error?.status == 404 ? Self.lookDelay : Self.retryDelay)
        handlers.rest()
    }

    /// The log has ended: its last lines need no break.
    private func finishLines() {
        guard var decoder else { return }
        decoder.finish { self.take($0) }
        place.logEnded(decoder.openLines(at: place.timestamp))
    }

    private func take(_ line: ContainerLogDecoder.Line) {
        if place.take(line.timestamp) { handlers.line(line) }
    }
}
