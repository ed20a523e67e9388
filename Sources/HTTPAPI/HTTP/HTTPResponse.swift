package import JSON

/// One answer. Content-Length and Date are added by the server.
package struct HTTPResponse: Sendable {
    package typealias Header = (name: String, value: String)

    package var status: Int
    package var headers: [Header]
    package var body: [UInt8]

    package init(status: Int, headers: [Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static let noContent = HTTPResponse(status: 204)

    package static func json(_ status: Int = 200, _ body: (inout JSONWriter) -> Void) -> HTTPResponse {
        .json(status, bytes: JSONWriter.render(body))
    }

    package static func json(_ status: Int = 200, bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", "application/json")], body: bytes)
    }

    /// For a client of an SSE stream that cannot have it now: EventSource gives up for ever on anything but 200.
    package static func comeBack(_ reason: String) -> HTTPResponse {
        HTTPResponse(
            status: 200, headers: [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")],
            body: Array("retry: \(Int.random(in: 2_000...10_000))\n: \(reason)\n\n".utf8))
    }

    /// The value of the first header of this name, which is compared as it is written.
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
