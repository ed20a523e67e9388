import HTTPAPI
import Hub
import Service

/// Takes the requests for event streams from the API to the hub. One per client loop.
struct StreamGate: StreamOpener {
    let hub: Hub
    /// Index of the loop that the requests come from.
    let port: Int

    func open(_ stream: StreamOpening, on exchange: HTTPExchange) {
        let waiting = WaitingStream(exchange: exchange, headers: stream.headers, hasDetails: stream.hasDetails)
        if stream.isOverLimit { return waiting.answer(.later("the gateway has as many connections as it may")) }
        hub.open(stream.target, lastEventID: stream.lastEventID, on: port, waiting)
    }
}

/// An HTTP exchange as the hub sees it.
struct WaitingStream: StreamExchange {
    let exchange: HTTPExchange
    /// Which every answer carries.
    let headers: [HTTPResponse.Header]
    /// Whether a refusal has `details`.
    let hasDetails: Bool

    var head: [UInt8] { EventStreamHead.bytes(with: headers) }

    func takeRequest() -> OpaquePointer? { exchange.takeRequest() }

    func answer(_ answer: StreamAnswer) {
        switch answer {
        case .ended: exchange.reply(HTTPResponse(status: 204, headers: headers))
        case .refused(let error):
            var response = APIError(error).response(withDetails: hasDetails)
            response.headers += headers
            exchange.reply(response)
        case .later(let reason):
            var response = HTTPResponse.comeBack(reason)
            response.headers += headers
            exchange.reply(response)
        }
    }
}
