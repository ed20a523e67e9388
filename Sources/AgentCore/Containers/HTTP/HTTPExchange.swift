/// One request and its answer, on a connection of their own, which ends with this object. Loop's thread only.
final class HTTPExchange {
    struct Handlers {
        var head: (HTTPHead) -> Void
        /// A piece of the body; valid during the call.
        var body: (UnsafeRawBufferPointer) -> Void
        /// The answer is complete, or (with why) never will be. Once, and the last.
        var end: (HTTPViolation?) -> Void
    }

    private let socket: UnixSocket
    private var parser = HTTPAnswerParser()
    private var handlers: Handlers?

    init(on socket: UnixSocket, sending bytes: [UInt8], _ handlers: Handlers) {
        self.socket = socket
        self.handlers = handlers
        // unowned: the socket belongs to this object. Each is one call of a method, which keeps this object alive.
        socket.start(
            sending: bytes,
            UnixSocket.Handlers(received: { [unowned self] in received($0) }, closed: { [unowned self] in closed() }))
    }

    /// While paused the answer is not read, so that the other side has to wait.
    var isPaused: Bool {
        get { socket.isPaused }
        set { socket.isPaused = newValue }
    }

    /// Nothing is reported any more.
    func cancel() {
        handlers = nil
        socket.isPaused = true
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        parse { (parser, sink) throws(HTTPViolation) in try parser.consume(bytes, into: sink) }
    }

    private func closed() {
        parse { (parser, sink) throws(HTTPViolation) in try parser.finish(into: sink) }
    }

    private func parse(
        _ step: (inout HTTPAnswerParser, (HTTPAnswerParser.Event) -> Void) throws(HTTPViolation) -> Void
    ) {
        do {
            try step(&parser) { report($0) }
        } catch {
            end(error)
        }
    }

    private func report(_ event: HTTPAnswerParser.Event) {
        switch event {
        case .head(let head): handlers?.head(head)
        case .body(let bytes): if bytes.count > 0 { handlers?.body(bytes) }
        case .end: end(nil)
        }
    }

    private func end(_ why: HTTPViolation?) {
        guard let handlers else { return }
        cancel()
        handlers.end(why)
    }
}
