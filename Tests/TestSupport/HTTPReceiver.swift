import Dispatch
import Glibc
import Synchronization

/// An HTTP server on loopback that gets POSTs, records them and answers as the test says, also badly. One thread
/// accepts, one more serves each connection.
package final class HTTPReceiver: Sendable {
    package struct Failure: Error { package let number: Int32 }

    package struct Request: Sendable {
        /// By name in lower case.
        package var headers: [String: String]
        package var body: [UInt8]
    }

    package enum Answer: Sendable {
        case status(Int, headers: [String] = [], body: Int = 0)
        /// Says nothing until the other side has gone.
        case hang
        /// A reset instead of an answer.
        case reset
        /// These bytes, whatever they are, again and again until the other side has gone.
        case noise([UInt8])
    }

    package let port: UInt16
    private let listener: Int32
    private let answer: @Sendable (Request, Int) -> Answer
    private let recorded = Mutex<[Request]>([])

    /// - Parameter answer: gets the request and its number, from 1.
    package init(_ answer: @escaping @Sendable (Request, Int) -> Answer = { _, _ in .status(200) }) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard result else { throw Failure(number: errno) }
        listener = descriptor
        port = UInt16(bigEndian: address.sin_port)
        self.answer = answer
        Self.thread { [self] in acceptAll() }
    }

    package var url: String { "http://127.0.0.1:\(port)/hook" }
    package var requests: [Request] { recorded.withLock { $0 } }

    /// Nobody can connect any more.
    package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    package func hear(_ count: Int) async throws {
        try await eventually("\(count) requests") { requests.count >= count }
    }

    /// A serial queue has a thread whatever the others do; those of a concurrent one are only as many as cores.
    private static func thread(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "test.receiver").async(execute: body)
    }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            if connection < 0 { break }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            Self.thread { [self] in
                serve(connection)
                close(connection)
            }
        }
        close(listener)
    }

    private func serve(_ connection: Int32) {
        guard let request = Self.read(connection) else { return }
        let number = recorded.withLock {
            $0.append(request)
            return $0.count
        }
        switch answer(request, number) {
        case .status(let status, let headers, let body):
            let lines = ["HTTP/1.1 \(status) x", "Content-Length: \(body)", "Connection: close"] + headers
            let head = Array(lines.joined(separator: "\r\n").utf8) + Array("\r\n\r\n".utf8)
            _ = Self.send(connection, head + [UInt8](repeating: 0x78, count: body))
        case .hang:
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
        case .reset:
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        case .noise(let bytes): while Self.send(connection, bytes) {}
        }
    }

    private static func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// One whole request; nil when the connection ends before.
    private static func read(_ connection: Int32) -> Request? {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let request = parse(received) { return request }
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            received += buffer[..<count]
        }
    }

    private static func parse(_ bytes: [UInt8]) -> Request? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var headers: [String: String] = [:]
        for line in String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let body = bytes[end.upperBound...]
        guard let length = headers["content-length"].flatMap({ Int($0) }), body.count >= length else { return nil }
        return Request(headers: headers, body: Array(body.prefix(length)))
    }
}
