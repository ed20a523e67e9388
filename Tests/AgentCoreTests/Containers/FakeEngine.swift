import Glibc
import Synchronization

@testable import AgentCore

/// A container engine that says what a test tells it, on a real socket. One thread for the socket, one for each connection.
///
/// @unchecked Sendable because `answer` is written once, `state` has its mutex, and the rest never changes.
final class FakeEngine: @unchecked Sendable {
    struct Request: Sendable, Equatable {
        var method: String
        /// Without version and query.
        var path: String
        var query: [String: String]
        var body: String
    }

    enum Reply: Sendable {
        case json(Int, String)
        case empty(Int)
        /// These bytes, piece by piece, and the end of the connection.
        case raw([[UInt8]])
        /// These bytes, and then nothing for as long as the other side stays.
        case open([[UInt8]])
        /// These bytes, and the end of the connection once the condition holds.
        case until([[UInt8]], @Sendable () -> Bool)
    }

    let path: String
    private let listener: Int32
    private let answer: @Sendable (Request) -> Reply
    private let events: Reply
    private let state = Mutex<[Request]>([])
    private let eventState = Mutex<[Request]>([])

    /// `GET /version` has an answer already.
    /// - Parameter events: the answer to `GET /events`, which agents ask by themselves.
    init(events: Reply = .open([streamHead]), _ answer: @escaping @Sendable (Request) -> Reply) {
        self.answer = answer
        self.events = events
        var template = Array("/tmp/sluice-engine-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) } + "/e.sock"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(result == 0 && listen(listener, 64) == 0)
        startThread { [listener] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                startThread { self.serve(connection) }
            }
        }
    }

    /// Nobody listens any more, as when the engine has ended.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        unlink(path)
        rmdir(String(path.dropLast("/e.sock".count)))
    }

    var host: ContainerHost { ContainerHost(path)! }
    /// What was asked so far, without the questions for the version and for events.
    var requests: [Request] { state.withLock { $0 } }
    var eventRequests: [Request] { eventState.withLock { $0 } }
    func count(_ path: String) -> Int { requests.count { $0.path == path } }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        guard let request = Self.read(connection) else { return }
        if request.path == "/version" {
            return Self.send([Self.bytes(200, #"{"ApiVersion":"1.41","MinAPIVersion":"1.12"}"#)], to: connection)
        }
        if request.path == "/events" {
            eventState.withLock { $0.append(request) }
            return reply(events, to: connection)
        }
        state.withLock { $0.append(request) }
        reply(answer(request), to: connection)
    }

    private func reply(_ reply: Reply, to connection: Int32) {
        switch reply {
        case .json(let status, let body): Self.send([Self.bytes(status, body)], to: connection)
        case .empty(let status): Self.send([Array("HTTP/1.1 \(status) X\r\n\r\n".utf8)], to: connection)
        case .raw(let pieces): Self.send(pieces, to: connection)
        case .open(let pieces):
            Self.send(pieces, to: connection)
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
        case .until(let pieces, let condition):
            Self.send(pieces, to: connection)
            while !condition() { usleep(2_000) }
        }
    }

    private static func bytes(_ status: Int, _ body: String) -> [UInt8] {
        Array("HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    private static func send(_ pieces: [[UInt8]], to connection: Int32) {
        for piece in pieces { _ = Glibc.send(connection, piece, piece.count, Int32(MSG_NOSIGNAL)) }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let request = parse(String(decoding: bytes, as: UTF8.self)) { return request }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private static func parse(_ text: String) -> Request? {
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let lines = parts[0].split(separator: "\r\n")
        let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        guard parts[1].utf8.count >= length else { return nil }
        let words = lines[0].split(separator: " ")
        let target = words[1].split(separator: "?", maxSplits: 1)
        var query: [String: String] = [:]
        for item in (target.count > 1 ? target[1] : "").split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[String(pair[0])] = String(pair[1])
        }
        let path = target[0].hasPrefix("/v1.") ? target[0].drop { $0 == "/" }.drop { $0 != "/" } : target[0]
        return Request(method: String(words[0]), path: String(path), query: query, body: String(parts[1]))
    }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void; init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    // The thread owns this reference.
    let context = Unmanaged.passRetained(Box(body))
    pthread_create(
        &thread, nil,
        {
            Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body()
            return nil
        }, context.toOpaque())
    pthread_detach(thread)
}

/// A frame of what a container prints.
func frame(_ stream: UInt8, _ text: String) -> [UInt8] { frame(stream, Array(text.utf8)) }

func frame(_ stream: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    let count = UInt32(bytes.count)
    return [stream, 0, 0, 0] + (0..<4).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + bytes
}

/// A head behind which bytes come until the connection ends.
let streamHead = Array("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n".utf8)
