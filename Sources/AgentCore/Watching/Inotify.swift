import Glibc
import Reactor

/// What the kernel says about files and directories. Loop's thread only.
final class Inotify {
    struct Event {
        /// What `watch` answered; -1 where the kernel could not keep up and events are missing.
        var watch: Int32
        var mask: UInt32
        /// In a watched directory: what it is about.
        var name: String

        var isOverflow: Bool { mask & UInt32(IN_Q_OVERFLOW) != 0 }
    }

    private let descriptor: Int32
    /// Written once, in `init`: it refers to this object.
    private var readiness: DescriptorWatch!
    private let report: ([Event]) -> Void
    private let wantsNames: Bool

    /// Nil where the kernel has none to give (`fs.inotify.max_user_instances`).
    /// - Parameter wantsNames: false where only the watches matter; saves a string for each event.
    init?(loop: EventLoop, wantsNames: Bool = true, _ report: @escaping ([Event]) -> Void) {
        descriptor = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))
        self.report = report
        self.wantsNames = wantsNames
        guard descriptor >= 0 else { return nil }
        do {
            // unowned: the watch is owned by this object.
            readiness = try DescriptorWatch(loop: loop, descriptor: descriptor) { [unowned self] _ in take() }
        } catch {
            return nil
        }
        readiness.events = .read
    }

    deinit {
        readiness = nil
        if descriptor >= 0 { close(descriptor) }
    }

    /// While paused the kernel gathers; the same event twice in a row counts once there.
    var isPaused = false {
        didSet { if isPaused != oldValue { readiness.events = isPaused ? [] : .read } }
    }

    /// The number of the watch, the same one for the same file; nil when it cannot be watched.
    func watch(_ path: String, for mask: Int32) -> Int32? {
        let watch = inotify_add_watch(descriptor, path, UInt32(bitPattern: mask))
        return watch >= 0 ? watch : nil
    }

    /// Watches the file that is open, whatever it is called by now.
    func watch(descriptor file: Int32, for mask: Int32) -> Int32? { watch("/proc/self/fd/\(file)", for: mask) }

    func remove(_ watch: Int32) { inotify_rm_watch(descriptor, watch) }

    private func take() {
        var events: [Event] = []
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 8) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            guard count > 0 else { return }
            events = parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        if !events.isEmpty { report(events) }
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) -> [Event] {
        let headerSize = MemoryLayout<inotify_event>.size
        var events: [Event] = []
        var at = 0
        while at + headerSize <= bytes.count {
            let header = bytes.loadUnaligned(fromByteOffset: at, as: inotify_event.self)
            let end = min(at + headerSize + Int(header.len), bytes.count)
            let name = wantsNames ? bytes[(at + headerSize)..<end].prefix { $0 != 0 } : bytes[at..<at]
            events.append(Event(watch: header.wd, mask: header.mask, name: String(decoding: name, as: UTF8.self)))
            at = end
        }
        return events
    }
}
