/// The head of the answer that an SSE connection begins with.
package enum EventStreamHead {
    /// Status line and headers with the empty line. The connection is delimited by its close, so the same bytes serve
    /// HTTP/1.0 and 1.1, and no proxy is given a reason to buffer.
    package static func bytes(with headers: [HTTPResponse.Header]) -> [UInt8] {
        let fixed: [HTTPResponse.Header] = [
            ("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache, no-transform"),
            ("X-Accel-Buffering", "no"), ("X-Content-Type-Options", "nosniff"), ("Connection", "close"),
        ]
        let lines = (fixed + headers).map { "\($0.name): \($0.value)\r\n" }
        return Array("HTTP/1.1 200 OK\r\n\(lines.joined())\r\n".utf8)
    }
}
