import CReactor
import Fanout
import Glibc
import Reactor
import Synchronization
import Testing

/// A client loop behind an HTTP server that turns each request into the next client, by a message.
///
/// @unchecked Sendable because `http` is used on the loop only, and everything else is protected by the mutex.
final class World: ClientLoopDelegate, @unchecked Sendable {
    struct Record {
        var opened: UInt64 = 0
        var gone: [UInt64: ClientGone] = [:]
        var statistics: [UInt64: ClientStatistics] = [:]
        var losses: [ClientLoss] = []
        var drained = 0
    }

    let loop: EventLoop
    private(set) var clients: ClientLoop! = nil
    private(set) var port: UInt16 = 0
    /// What each new client is attached to.
    let attachments: [TopicAttachment]
    private let record = Mutex(Record())
    private var http: OpaquePointer?

    init(attachments: [TopicAttachment] = [], _ configuration: FanoutConfiguration = FanoutConfiguration()) async throws
    {
        loop = try EventLoop(name: "clients")
        self.attachments = attachments
        clients = ClientLoop(loop: loop, configuration: configuration, delegate: self)
        port = try await loop.run { self.listen() }
    }

    private func listen() -> UInt16 {
        var config = sr_http_config(
            max_header_bytes: 4096, max_body_bytes: 4096, request_timeout_ms: 5000, idle_timeout_ms: 5000, silence_s: 0,
            max_connections: 100, max_connections_per_ip: 0, hall: nil)
        var error = sr_error()
        // Borrowed by the server, which is freed before this object lets go of the loop.
        let context = Unmanaged.passUnretained(self).toOpaque()
        http = sr_http_new(
            loop.handle, &config,
            { context, request in
                Unmanaged<World>.fromOpaque(context!).takeUnretainedValue().open(RequestHandle(pointer: request))
            }, context, &error)
        return UInt16(sr_http_listen(http!, "127.0.0.1", 0, false, &error))
    }

    private func open(_ request: RequestHandle) {
        let client = record.withLock { record in
            record.opened += 1
            return record.opened
        }
        clients.accept(
            StreamRequest { request.pointer }, as: client, head: Array("HTTP/1.1 200 OK\r\n\r\n".utf8),
            bytes: Array("hello \(client)\n".utf8), attachments: attachments)
    }

    /// Ends everything; to be called last.
    func end() async throws {
        clients.close()
        try await loop.run { sr_http_free(self.http!) }
        loop.stop()
        loop.join()
    }

    var now: Record { record.withLock { $0 } }

    // MARK: - Delegate

    func clientGone(_ client: UInt64, reason: ClientGone, statistics: ClientStatistics) {
        record.withLock {
            $0.gone[client] = reason
            $0.statistics[client] = statistics
        }
    }

    func clientBehind(_ client: UInt64, loss: ClientLoss) -> [UInt8] {
        record.withLock { $0.losses.append(loss) }
        return Array("gap \(loss.missed) \(loss.range.lowerBound)-\(loss.range.upperBound)\n".utf8)
    }

    func clientDrained(_ client: UInt64) {
        record.withLock { $0.drained += 1 }
    }
}

/// @unchecked Sendable because the one who has it is the only one, and uses it on the loop.
private struct RequestHandle: @unchecked Sendable {
    let pointer: OpaquePointer
}

/// A peer of the test's: connects, asks, and reads without blocking.
final class Browser {
    private let socket: Int32
    private var text = ""
    private var ended = false

    init(port: UInt16, receiveBuffer: Int32? = nil) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(result == 0)
        let request = Array("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        precondition(send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count)
    }

    deinit { close(socket) }

    /// Takes what is there.
    private func read() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while !ended {
            let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0 && errno == EAGAIN { return }
            if count <= 0 {
                ended = true
            } else {
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
        }
    }

    /// What came after the head of the answer.
    var body: Substring {
        read()
        guard let end = text.range(of: "\r\n\r\n") else { return "" }
        return text[end.upperBound...]
    }

    var hasEnded: Bool {
        read()
        return ended
    }

    /// Waits for the body to end in this.
    func expect(_ ending: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually("\(ending)", sourceLocation: sourceLocation) { self.body.hasSuffix(ending) }
    }
}

extension String {
    fileprivate func range(of other: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
            start = index(after: start)
        }
        return nil
    }
}

struct NotInTime: Error {}

/// Waits until the condition holds; records an issue after ten seconds.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(40)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("not in time: \(what)", sourceLocation: sourceLocation)
            throw NotInTime()
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}
