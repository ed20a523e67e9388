import Glibc
import Model
import Reactor

/// The kernel's log, from `/dev/kmsg`: kills for want of memory, and errors. Loop's thread only.
final class KernelLog {
    /// Errors that are passed on in a minute; a broken disk writes thousands.
    static let errorsPerMinute = 10

    /// No kernel keeps more.
    private static let maximumRecords = 1 << 20

    private let descriptor: Int32
    /// Of the last record that was looked at; earlier ones were by an earlier run of the agent.
    private(set) var sequence: UInt64
    private var errors = RateLimit(count: KernelLog.errorsPerMinute, window: 60_000)
    private let report: (HostEvent) -> Void
    /// Written once, in `init`: it refers to this object.
    private var watch: DescriptorWatch!

    /// Nil where it cannot be read.
    /// - Parameter sequence: the last record that is known, of this boot; nil begins with what comes now.
    init?(loop: EventLoop, path: String, after sequence: UInt64?, _ report: @escaping (HostEvent) -> Void) {
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        self.sequence = sequence ?? 0
        self.report = report
        guard descriptor >= 0 else { return nil }
        do {
            // unowned: the watch is owned by this object.
            watch = try DescriptorWatch(loop: loop, descriptor: descriptor) { [unowned self] _ in take() }
        } catch {
            return nil
        }
        if sequence == nil { skipAll() }
        watch.events = .read
    }

    deinit {
        watch = nil
        if descriptor >= 0 { close(descriptor) }
    }

    /// Some records, each of which takes a read of its own.
    private func take() {
        withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { buffer in
            for _ in 0..<64 {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EPIPE { continue }  // records were overwritten: on with those that are left
                guard count > 0 else { return }
                take(String(decoding: buffer[..<count], as: UTF8.self))
            }
        }
    }

    /// What was there before anybody asked is not looked at, but for its numbers.
    private func skipAll() {
        withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { buffer in
            for _ in 0..<Self.maximumRecords {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EPIPE { continue }
                guard count > 0 else { return }
                if let message = KernelMessage(String(decoding: buffer[..<count], as: UTF8.self)) {
                    sequence = message.sequence
                }
            }
        }
    }

    func take(_ record: String) {
        guard let message = KernelMessage(record), message.sequence > sequence || sequence == 0 else { return }
        sequence = message.sequence
        guard message.facility == 0 else { return }
        if let kill = OutOfMemoryKill(message.text) {
            report(kill.event)
        } else if message.level <= 3, let suppressed = errors.take(now: .now) {
            report(Self.error(message, suppressed: suppressed))
        }
    }

    private static func error(_ message: KernelMessage, suppressed: Int) -> HostEvent {
        var attributes = [(name: "level", value: "\(message.level)")]
        if suppressed > 0 { attributes.append(("suppressed", "\(suppressed)")) }
        return HostEvent(
            kind: .kernelError, severity: message.level < 3 ? .critical : .warning, message: message.text,
            attributes: attributes)
    }
}
