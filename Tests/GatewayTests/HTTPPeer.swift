import JSON
import TestSupport
import Testing

/// A browser as far as these tests need one: one request on one connection.
class HTTPPeer {
    struct Response {
        var status: Int
        var headers: [String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    fileprivate let socket: LoopbackSocket

    /// - Parameter receiveBuffer: bytes that the kernel may hold for a test that does not read.
    init(
        port: UInt16, _ method: String, _ path: String, _ body: String? = nil, headers: [String] = [],
        receiveBuffer: Int32? = nil
    ) throws {
        socket = try LoopbackSocket(port: port, receiveBuffer: receiveBuffer)
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)"] + headers
        if let body { lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"] }
        socket.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")).utf8))
    }

    static func call(
        port: UInt16, _ method: String, _ path: String, _ body: String? = nil, token: String? = nil
    ) async throws -> Response {
        let authorization = token.map { ["Authorization: Bearer \($0)"] } ?? []
        let peer = try HTTPPeer(port: port, method, path, body, headers: ["Connection: close"] + authorization)
        try await eventually("an answer to \(method) \(path)") { peer.hasEnded }
        return try #require(peer.response, "\(method) \(path)")
    }

    var hasEnded: Bool {
        socket.receive()
        return socket.hasEnded
    }

    /// What has come so far; nil before the end of the head.
    var response: Response? {
        socket.receive()
        guard let end = endOfHead else { return nil }
        let head = String(decoding: socket.received[..<(end - 4)], as: UTF8.self)
        let lines = head.split(separator: "\r\n").map(String.init)
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Response(status: status ?? 0, headers: Array(lines.dropFirst()), body: Array(socket.received[end...]))
    }

    private var endOfHead: Int? {
        let bytes = socket.received
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }
}

/// One connection to an event stream.
final class EventSource: HTTPPeer {
    struct Event: Equatable {
        var id: String?
        var kind: String
        var data: JSONValue
        /// As it came, with the empty line.
        var bytes: String
    }

    init(port: UInt16, _ path: String, lastEventID: String? = nil, receiveBuffer: Int32? = nil) throws {
        let cursor = lastEventID.map { ["Last-Event-ID: \($0)"] } ?? []
        try super.init(
            port: port, "GET", path, headers: ["Accept: text/event-stream"] + cursor, receiveBuffer: receiveBuffer)
    }

    /// The browser leaves.
    func leave() { socket.end() }

    /// Everything after the head, as it came.
    var text: String { response?.text ?? "" }

    /// The events that have come completely. The opening of a stream and comments are none.
    var events: [Event] { Self.blocks(of: text).compactMap(Self.event) }

    /// What ends with an empty line, as lines.
    static func blocks(of text: String) -> [[Substring]] {
        var blocks: [[Substring]] = []
        var block: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if !line.isEmpty {
                block.append(line)
            } else {
                blocks.append(block)
                block = []
            }
        }
        return blocks
    }

    static func event(_ lines: [Substring]) -> Event? {
        func value(_ name: String) -> String? {
            lines.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
        }
        guard let data = value("data"), let json = try? JSONParser.parse(Array(data.utf8)) else { return nil }
        return Event(
            id: value("id"), kind: value("event") ?? "message", data: json,
            bytes: lines.joined(separator: "\n") + "\n\n")
    }

    func events(_ kind: String) -> [Event] { events.filter { $0.kind == kind } }

    /// Waits until so many events of a kind have come.
    @discardableResult
    func hear(_ count: Int, _ kind: String, file: StaticString = #fileID, line: UInt = #line) async throws -> [Event] {
        try await eventually("\(count) \(kind)", file: file, line: line) { events(kind).count >= count }
        return events(kind)
    }

    /// Waits for the gateway to end the stream.
    func hearEnd(file: StaticString = #fileID, line: UInt = #line) async throws {
        try await eventually("the stream ends", file: file, line: line) { hasEnded }
    }
}
