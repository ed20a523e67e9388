import Glibc

/// A TCP connection of a test's to this host. Takes what has come when it is asked, so that a test that does not ask is
/// a peer that does not read. Belongs to one test.
package final class LoopbackSocket {
    package struct Failure: Error, CustomStringConvertible { package let description: String }

    private let descriptor: Int32
    /// Everything that has come so far.
    package private(set) var received: [UInt8] = []
    /// The other side has closed or broken the connection.
    package private(set) var hasEnded = false

    /// - Parameter receiveBuffer: bytes that the kernel may hold for a test that does not read.
    package init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        // Other tests of this process start commands, which are to inherit nothing.
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let error = errno
            Glibc.close(descriptor)
            throw Failure(description: "connect to \(port): error \(error)")
        }
    }

    deinit { Glibc.close(descriptor) }

    /// Sends all of it, unless the other side has gone.
    package func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Takes what has come.
    package func receive() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !hasEnded {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            if count <= 0 { hasEnded = true } else { received += buffer[..<count] }
        }
    }

    /// Nothing more will be sent; what comes can still be received.
    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Both directions, at once.
    package func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
