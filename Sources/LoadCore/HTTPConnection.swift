import CLoad
import Glibc
import Reactor

/// One keep-alive HTTP/1.1 connection; requests may be sent before earlier ones are answered. On the loop only.
final class HTTPConnection {
    struct Answer {
        var status: Int
        var body: [UInt8]
    }

    private let descriptor: Int32
    /// Nil only in `init` and in deinit: the watch must end before its descriptor is closed.
    private var watch: DescriptorWatch?
    private var output: [UInt8] = []
    private var sent = 0
    private var input: [UInt8] = []
    private var isConnected = false
    private(set) var isOpen = true
    /// Whom the answers are for, in the order of the requests.
    private var waiting: [(Answer?) -> Void] = []
    private var answered = 0

    /// What an answer may be at most; a longer one ends the connection.
    private static let maximumAnswer = 1 << 20

    init(_ address: SocketAddress, loop: EventLoop) throws {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(Int32(address.storage.ss_family), type, 0)
        guard descriptor >= 0 else { throw LoadFailure("no socket: \(String(cString: strerror(errno)))") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let result = withUnsafePointer(to: address.storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, address.length) }
        }
        guard result == 0 || errno == EINPROGRESS else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw LoadFailure("cannot connect: \(reason)")
        }
        // unowned: the watch ends with this object.
        watch = try DescriptorWatch(loop: loop, descriptor: descriptor) { [unowned self] ready in handle(ready) }
        watch?.events = .write
    }

    deinit {
        watch = nil
        close(descriptor)
    }

    var unanswered: Int { waiting.count - answered }

    /// - Parameter then: called once, with nil when the connection ended before the answer.
    func send(_ request: [UInt8], then: @escaping (Answer?) -> Void) {
        guard isOpen else { return then(nil) }
        waiting.append(then)
        output += request
        if isConnected { flush() }
    }

    private func handle(_ ready: Readiness) {
        if ready.contains(.write) {
            isConnected = true
            flush()
        }
        if ready.contains(.read), isOpen { receive() }
    }

    private func flush() {
        while sent < output.count {
            let count = output[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { break }
            guard count > 0 else { return end() }
            sent += count
        }
        if sent == output.count {
            output.removeAll(keepingCapacity: true)
            sent = 0
        }
        watch?.events = output.isEmpty ? .read : [.read, .write]
    }

    private func receive() {
        let isAlive = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count < 0, errno == EAGAIN || errno == EINTR { return true }
            guard count > 0 else { return false }
            input += UnsafeRawBufferPointer(rebasing: buffer[..<count])
            return true
        }
        guard isAlive, takeAnswers(), input.count <= Self.maximumAnswer else { return end() }
    }

    /// Hands out the whole answers. False when what came is none.
    private func takeAnswers() -> Bool {
        var at = 0
        while at < input.count {
            guard let found = HTTPAnswerParser.parse(input[at...]) else { return false }
            guard case .whole(let answer, let size) = found else { break }
            at += size
            guard unanswered > 0 else { return false }
            answered += 1
            waiting[answered - 1](answer)
        }
        input.removeFirst(at)
        if answered == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            answered = 0
        }
        return true
    }

    private func end() {
        guard isOpen else { return }
        isOpen = false
        watch?.events = []
        let rest = waiting[answered...]
        waiting = []
        answered = 0
        for then in rest { then(nil) }
    }
}

/// Finds the end of an answer: by Content-Length, or by its chunks.
enum HTTPAnswerParser {
    enum Found {
        case partial
        /// - Parameter size: bytes of the whole answer.
        case whole(HTTPConnection.Answer, size: Int)
    }

    /// Nil when the bytes are no answer.
    static func parse(_ bytes: ArraySlice<UInt8>) -> Found? {
        guard let headEnd = find([13, 10, 13, 10], in: bytes) else { return .partial }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("HTTP/1."),
            let status = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        var length = 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.lowercased() }
            guard parts.count == 2 else { continue }
            let value = parts[1].drop { $0 == " " }
            if parts[0] == "transfer-encoding", value.hasPrefix("chunked") {
                return chunked(bytes, from: headEnd + 4, status: status)
            }
            if parts[0] == "content-length" {
                guard let bytes = UInt32(value) else { return nil }
                length = Int(bytes)
            }
        }
        let body = headEnd + 4
        guard bytes.endIndex - body >= length else { return .partial }
        let answer = HTTPConnection.Answer(status: status, body: Array(bytes[body..<body + length]))
        return .whole(answer, size: body + length - bytes.startIndex)
    }

    private static func chunked(_ bytes: ArraySlice<UInt8>, from start: Int, status: Int) -> Found? {
        var at = start
        var body: [UInt8] = []
        while let lineEnd = find([13, 10], in: bytes[at...]) {
            let digits = String(decoding: bytes[at..<lineEnd].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
            guard let size = Int(digits, radix: 16), size >= 0, size < 1 << 24 else { return nil }
            guard bytes.endIndex - lineEnd >= size + 4 else { return .partial }
            body += bytes[lineEnd + 2..<lineEnd + 2 + size]
            at = lineEnd + 2 + size + 2
            if size == 0 { return .whole(.init(status: status, body: body), size: at - bytes.startIndex) }
        }
        return .partial
    }

    private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (bytes.startIndex...bytes.endIndex - pattern.count).first { at in
            bytes[at] == pattern[0] && bytes[at..<at + pattern.count].elementsEqual(pattern)
        }
    }
}
