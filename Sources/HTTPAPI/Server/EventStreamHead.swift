/// The head of the answer that an SSE connection begins with.
package enum EventStreamHead {
    /// What every stream begins with. The connection is delimited by its close, so the same bytes serve HTTP/1.0 and 1.1,
    /// and no proxy is given a reason to buffer.
    private static let fixed = Array(
        ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache, no-transform\r\n"
            + "X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n").utf8)

    private static let usual = fixed + Array("\r\n".utf8)

    /// Status line and headers with the empty line.
    package static func bytes(with headers: [HTTPResponse.Header]) -> [UInt8] {
        guard !headers.isEmpty else { return usual }
        return fixed + Array((headers.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n").utf8)
    }
}
