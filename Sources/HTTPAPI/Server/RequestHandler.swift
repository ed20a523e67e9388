import Reactor

/// Carries each request from its loop to the router and the answer back.
///
/// @unchecked Sendable because `acceptFailed` is called on the loop alone.
final class RequestHandler: @unchecked Sendable {
    let acceptFailed: (Int32) -> Void
    private let loop: EventLoop
    private let router: Router
    private let opener: any StreamOpener

    init(
        loop: EventLoop, router: Router, opener: any StreamOpener, acceptFailed: @escaping (Int32) -> Void
    ) {
        self.loop = loop
        self.router = router
        self.opener = opener
        self.acceptFailed = acceptFailed
    }

    /// C goes on owning its reference.
    static func borrow(_ context: UnsafeMutableRawPointer?) -> RequestHandler {
        Unmanaged.fromOpaque(context!).takeUnretainedValue()  // because the sr_http holds the reference while it lives
    }

    /// On the loop. The sr_request is ours from here on. What waits for nobody is answered before this returns: thousands
    /// of streams that are opened at once are not also thousands of tasks.
    func receive(_ request: OpaquePointer, isOverLimit: Bool) {
        let exchange = HTTPExchange(request, isOverLimit: isOverLimit, loop: loop)
        switch router.begin(exchange.request) {
        case .outcome(let outcome): answer(exchange, outcome)
        case .waiting(let match):
            Task { self.answer(exchange, await self.router.handle(exchange.request, match)) }
        }
    }

    private func answer(_ exchange: HTTPExchange, _ outcome: RouterOutcome) {
        switch outcome {
        case .response(let response):
            router.statistics.countAnswer(response.status)
            exchange.reply(response)
        case .stream(let stream):
            router.statistics.countStream()
            opener.open(stream, on: exchange)
        }
    }
}
