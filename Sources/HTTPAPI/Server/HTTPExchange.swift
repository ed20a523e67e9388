import CReactor
package import Reactor
import Synchronization

/// A request that waits for its answer, and the right to give it, which is used up by the first who uses it. An exchange
/// that is dropped without an answer answers 500, so no connection is left hanging.
///
/// @unchecked Sendable because the sr_request is owned by the exchange, is handed out once only, under the mutex, and is
/// touched on its loop alone.
package final class HTTPExchange: @unchecked Sendable {
    package let request: HTTPRequest
    /// The loop that the connection lives on.
    package let loop: EventLoop
    private let pending: Mutex<Pending?>

    private struct Pending: @unchecked Sendable {  // because it is freed by the one who has taken it, on the loop
        let request: OpaquePointer
    }

    /// Takes over the sr_request. On the loop.
    init(_ pointer: OpaquePointer, isOverLimit: Bool, loop: EventLoop) {
        request = HTTPRequest(pointer, isOverLimit: isOverLimit)
        self.loop = loop
        pending = Mutex(Pending(request: pointer))
    }

    deinit {
        reply(APIError(.internalError, "the gateway gave no answer").response)
    }

    /// Any thread. Sends the answer from the loop. Does nothing when the exchange has been answered already, or when the
    /// loop has been stopped.
    package func reply(_ response: HTTPResponse) {
        guard let pending = take() else { return }
        if loop.inLoop { return Self.send(response, to: pending) }
        loop.execute { Self.send(response, to: pending) }
    }

    /// On the loop. Gives the sr_request away for `sr_request_stream`; nil when the exchange has been answered already.
    package func takeRequest() -> OpaquePointer? {
        loop.preconditionInLoop()
        return take()?.request
    }

    private func take() -> Pending? {
        pending.withLock { pending in
            defer { pending = nil }
            return pending
        }
    }

    private static func send(_ response: HTTPResponse, to pending: Pending) {
        response.headers.withCHeaders { headers in
            response.body.withUnsafeBufferPointer { body in
                sr_request_reply(
                    pending.request, Int32(response.status), headers.baseAddress, headers.count, body.baseAddress,
                    body.count)
            }
        }
    }
}

extension [HTTPResponse.Header] {
    /// The headers as C has them, valid during the call.
    fileprivate func withCHeaders(_ body: (UnsafeBufferPointer<sr_header>) -> Void) {
        var text: [CChar] = []
        var offsets: [(name: Int, value: Int)] = []
        for header in self {
            let name = text.count
            text += header.name.utf8CString
            offsets.append((name, text.count))
            text += header.value.utf8CString
        }
        text.withUnsafeBufferPointer { text in
            guard let base = text.baseAddress else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
            let headers = offsets.map { sr_header(name: base + $0.name, value: base + $0.value) }
            headers.withUnsafeBufferPointer(body)
        }
    }
}
