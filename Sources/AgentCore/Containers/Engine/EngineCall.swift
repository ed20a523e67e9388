import Reactor

/// Something asked of the engine: agrees on a version first where that has not been done. Ends when it is let go.
/// Loop's thread only.
final class EngineCall {
    struct Handlers {
        /// The engine has agreed; what follows is its answer.
        var head: (HTTPHead) -> Void = { _ in }
        /// A piece of the answer; valid during the call.
        var body: (UnsafeRawBufferPointer) -> Void = { _ in }
        /// The answer is complete, or (with why) there is none. Once, and the last.
        var end: (EngineError?) -> Void
    }

    /// Of a refusal, and of the answer about versions.
    private static let maximumSmallAnswer = 64 << 10

    private let engine: ContainerEngine
    private let call: HTTPCall
    private var handlers: Handlers?
    private var exchange: HTTPExchange?
    private var starter: LoopTimer?
    private var deadline: LoopTimer?
    /// An answer that is for this object alone.
    private var small: [UInt8] = []
    /// Of an answer that refuses.
    private var refusal: Int?
    /// The answer counts as a whole: the deadline holds until its end.
    private let isWhole: Bool

    /// - Parameter timeout: for the answer if `isWhole`, else for its beginning; nil: none.
    init(
        _ call: HTTPCall, to engine: ContainerEngine, timeout: Duration?, isWhole: Bool = false, _ handlers: Handlers
    ) {
        self.engine = engine
        self.call = call
        self.isWhole = isWhole
        self.handlers = handlers
        // Never on the spot: whoever asks has to have this object before he hears of its end.
        // unowned: the timers belong to this object, and each body is one call of a method, which keeps it alive.
        starter = engine.loop.schedule(after: .zero) { [unowned self] in begin() }
        deadline = timeout.map { engine.loop.schedule(after: $0) { [unowned self] in timedOut() } }
    }

    /// It may be let go within one of its handlers, while the exchange still has pieces to hand over.
    deinit { exchange?.cancel() }

    /// While paused the answer is not read, so that the engine has to wait.
    var isPaused = false {
        didSet { exchange?.isPaused = isPaused }
    }

    /// Nothing is reported any more.
    func cancel() {
        handlers = nil
        starter = nil
        deadline = nil
        exchange?.cancel()
        exchange = nil
    }

    private func begin() {
        guard let version = engine.version else { return askVersion() }
        open(call, prefix: "/v\(version)", answersVersion: false)
    }

    private func askVersion() { open(HTTPCall(.get, "/version"), prefix: "", answersVersion: true) }

    private func open(_ call: HTTPCall, prefix: String, answersVersion: Bool) {
        let socket: UnixSocket
        do {
            socket = try engine.connect()
        } catch {
            return end(error)
        }
        refusal = nil
        small = []
        exchange = HTTPExchange(
            on: socket, sending: call.bytes(prefix: prefix),
            HTTPExchange.Handlers(
                head: { [unowned self] in received($0, answersVersion) },
                body: { [unowned self] in received($0, answersVersion) },
                end: { [unowned self] in ended($0, answersVersion) }))
        exchange?.isPaused = isPaused
    }

    private func received(_ head: HTTPHead, _ answersVersion: Bool) {
        if head.status >= 400 { refusal = head.status }
        guard !answersVersion, refusal == nil else { return }
        if !isWhole { deadline = nil }
        handlers?.head(head)
    }

    private func received(_ bytes: UnsafeRawBufferPointer, _ answersVersion: Bool) {
        guard answersVersion || refusal != nil else {
            handlers?.body(bytes)
            return
        }
        small.append(contentsOf: bytes.prefix(Self.maximumSmallAnswer - small.count))
    }

    private func ended(_ why: HTTPViolation?, _ answersVersion: Bool) {
        if let refusal { return end(.refusal(status: refusal, body: small)) }
        if let why { return end(.broken("the container engine: \(why.reason)")) }
        guard answersVersion else { return end(nil) }
        do {
            engine.version = try EngineVersion.agreed(small)
            begin()
        } catch {
            end(error)
        }
    }

    private func timedOut() { end(.broken("the container engine does not answer")) }

    private func end(_ error: EngineError?) {
        guard let handlers else { return }
        switch error {
        case .absent, .unavailable, .denied, .broken: engine.version = nil  // it may come back as another one
        case .refused, nil: break
        }
        cancel()
        handlers.end(error)
    }
}
