import Glibc
import Reactor

/// A connection to a socket of the file system, watched by the loop. Loop's thread only.
final class UnixSocket {
    struct Handlers {
        /// What came; valid during the call.
        var received: (UnsafeRawBufferPointer) -> Void
        /// The other side has closed, or the connection is broken: nothing comes any more. Once.
        var closed: () -> Void
    }

    private static let readSize = 64 << 10

    private let descriptor: Int32
    private var watch: DescriptorWatch?
    private var handlers: Handlers?
    private var unsent: [UInt8] = []

    /// - Parameter path: at most 107 bytes: the kernel takes no more.
    /// - Throws: an errno value.
    init(path: String, loop: EventLoop) throws(SpawnError) {
        let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        descriptor = socket(AF_UNIX, Int32(type), 0)
        guard descriptor >= 0 else { throw SpawnError(code: errno) }
        let code = Self.connect(descriptor, to: path)
        guard code == 0 else { throw SpawnError(code: code) }
        do {
            // unowned: the watch is owned by this object, and its callback ends with it.
            watch = try DescriptorWatch(loop: loop, descriptor: descriptor) { [unowned self] in ready($0) }
        } catch {
            throw SpawnError(code: error.code)
        }
    }

    deinit {
        watch = nil
        if descriptor >= 0 { close(descriptor) }
    }

    /// A local socket is connected at once or not at all.
    private static func connect(_ descriptor: Int32, to path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, size) }
        }
        return result == 0 ? 0 : errno
    }

    /// Sends the request and begins to report.
    func start(sending bytes: [UInt8], _ handlers: Handlers) {
        self.handlers = handlers
        unsent = bytes
        setEvents()
    }

    /// While paused nothing is read, so that the other side has to wait.
    var isPaused = false {
        didSet { if isPaused != oldValue { setEvents() } }
    }

    private func setEvents() {
        var events: Readiness = []
        if !isPaused { events.insert(.read) }
        if !unsent.isEmpty { events.insert(.write) }
        watch?.events = events
    }

    private func ready(_ readiness: Readiness) {
        if readiness.contains(.write), !unsent.isEmpty { sendMore() }
        if readiness.contains(.read), watch != nil { receive() }
    }

    private func sendMore() {
        let count = unsent.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count > 0 { unsent.removeFirst(count) }
        // What the other side has said before it closed is still read.
        if count < 0, errno != EAGAIN, errno != EINTR { unsent = [] }
        setEvents()
    }

    private func receive() {
        withUnsafeTemporaryAllocation(byteCount: Self.readSize, alignment: 1) { buffer in
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                handlers?.received(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                watch = nil
                handlers?.closed()
            }
        }
    }
}
