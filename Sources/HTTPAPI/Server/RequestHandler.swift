import Reactor

/// Carries each request from its loop to the router and the answer back.
final class RequestHandler: Sendable {
    private let loop: EventLoop
    private let router: Router
    private let opener: any StreamOpener

    init(loop: EventLoop, router: Router, opener: any StreamOpener) {
        self.loop = loop
        self.router = router
        self.opener = opener
    }

    /// C goes on owning its reference.
    static func borrow(_ context: UnsafeMutableRawPointer?) -> RequestHandler {
        Unmanaged.fromOpaque(context!).takeUnretainedValue()  // because the sr_http holds the reference while it lives
    }

    /// On the loop. The sr_request is ours from here on.
    func receive(_ request: OpaquePointer, isOverLimit: Bool) {
        let exchange = HTTPExchange(request, isOverLimit: isOverLimit, loop: loop)
        Task { await self.answer(exchange) }
    }

    private func answer(_ exchange: HTTPExchange) async {
        switch await router.handle(exchange.request) {
        case .response(let response):
            router.statistics.countAnswer(response.status)
            exchange.reply(response)
        case .stream(let stream):
            router.statistics.countStream()
            await opener.open(stream, on: exchange)
        }
    }
}
