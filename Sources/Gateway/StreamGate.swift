import HTTPAPI
import Hub
import Service

/// Takes the requests for event streams from the API to the hub. One per client loop.
struct StreamGate: StreamOpener {
    let hub: Hub
    /// Index of the loop that the requests come from.
    let port: Int

    func open(_ stream: StreamOpening, on exchange: HTTPExchange) {
        let waiting = WaitingStream(exchange: exchange, headers: stream.headers)
        if stream.isOverLimit { return waiting.answer(.later("the gateway has as many connections as it may")) }
        hub.open(stream.target, lastEventID: stream.lastEventID, on: port, waiting)
    }
}

/// An HTTP exchange as the hub sees it.
struct WaitingStream: StreamExchange {
    let exchange: HTTPExchange
    /// Cross-origin headers, which every answer carries.
    let headers: [HTTPResponse.Header]

    var head: [UInt8] { EventStreamHead.bytes(with: headers) }

    func takeRequest() -> OpaquePointer? { exchange.takeRequest() }

    func answer(_ answer: StreamAnswer) {
        switch answer {
        case .ended: exchange.reply(HTTPResponse(status: 204, headers: headers))
        case .refused(let error):
            var response = APIError(error).response
            response.headers += headers
            exchange.reply(response)
        case .later(let reason):
            let retry = Int.random(in: 2_000...10_000)
            exchange.reply(
                HTTPResponse(
                    status: 200,
                    headers: [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")] + headers,
                    body: Array("retry: \(retry)\n: \(reason)\n\n".utf8)))
        }
    }
}
