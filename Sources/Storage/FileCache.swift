import Glibc
import Synchronization

/// An open file, closed with the last reference to it: a read that goes on while the cache lets go of it is safe.
final class OpenFile: Sendable {
    let descriptor: Int32

    /// Nil with `errno` set when it cannot be opened.
    init?(path: String, flags: Int32) {
        descriptor = open(path, flags | O_CLOEXEC, 0o600)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }
}

/// Files kept open, at most so many; the one that was used longest ago goes first. Any thread.
final class FileCache: Sendable {
    private struct State {
        var files: [String: (file: OpenFile, usedAt: UInt64)] = [:]
        var clock: UInt64 = 0

        mutating func evictOldest() {
            guard let oldest = files.min(by: { $0.value.usedAt < $1.value.usedAt }) else { return }
            files[oldest.key] = nil
        }
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let flags: Int32

    init(capacity: Int, flags: Int32) {
        self.capacity = capacity
        self.flags = flags
    }

    /// Nil with `errno` set when it cannot be opened.
    func file(at path: String) -> OpenFile? {
        if let file = known(path) { return file }
        guard let file = OpenFile(path: path, flags: flags) else { return nil }
        state.withLock { state in
            if state.files.count >= capacity { state.evictOldest() }
            state.clock += 1
            state.files[path] = (file, state.clock)
        }
        return file
    }

    func forget(_ path: String) { _ = state.withLock { $0.files.removeValue(forKey: path) } }

    func forgetAll(under directory: String) {
        state.withLock { state in state.files = state.files.filter { !$0.key.hasPrefix(directory + "/") } }
    }

    private func known(_ path: String) -> OpenFile? {
        state.withLock { state in
            guard let file = state.files[path]?.file else { return nil }
            state.clock += 1
            state.files[path] = (file, state.clock)
            return file
        }
    }
}
