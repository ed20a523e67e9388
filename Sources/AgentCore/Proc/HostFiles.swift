import Glibc

/// Where the host's files are: "" for the running host, a directory for a recorded one.
package struct HostRoot: Sendable {
    private let prefix: String

    package init(_ prefix: String = "") { self.prefix = prefix }

    /// `path` is absolute; so is the answer, below the root.
    package func path(_ path: String) -> String { prefix + path }
}

/// The memory that files are read into: grown on demand up to `limit`, used again for every file.
///
/// One per loop; not for use from two threads. What has been read is valid until the next read, and while somebody
/// holds the buffer.
package final class ReadBuffer {
    /// The longest file that is read whole; of a longer one the rest is not seen. The largest in use is `/proc/stat` of
    /// a host with hundreds of cores and interrupts, at some 100 KiB.
    package static let limit = 1 << 20

    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)

    package init() {}
    deinit { memory.deallocate() }

    /// Reads the file from its beginning to its end. nil when the first read fails (for a file of a process: it ended).
    package func fill(from descriptor: Int32) -> ByteScanner? {
        var filled = 0
        while true {
            if filled == memory.count, !grow(keeping: filled) { break }
            let n = pread(descriptor, memory.baseAddress! + filled, memory.count - filled, off_t(filled))
            if n < 0 && errno == EINTR { continue }
            if n < 0 && filled == 0 { return nil }
            if n <= 0 { break }
            filled += n
        }
        return scanner(filled)
    }

    /// One read only, for files that the kernel hands out whole (`/proc/<pid>/stat`): saves the call that says "end".
    package func fillOnce(from descriptor: Int32) -> ByteScanner? {
        let n = read(descriptor, memory.baseAddress!, memory.count)
        return n > 0 ? scanner(n) : nil
    }

    private func scanner(_ count: Int) -> ByteScanner {
        let bytes = UnsafeRawBufferPointer(start: memory.baseAddress, count: count)
        return ByteScanner(bytes.bindMemory(to: UInt8.self))
    }

    private func grow(keeping filled: Int) -> Bool {
        guard memory.count < Self.limit else { return false }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: memory.count * 4, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<filled]))
        memory.deallocate()
        memory = larger
        return true
    }
}

/// A kernel file that is read again and again: opened once, then only `pread` from its beginning.
///
/// A file that is missing or stops being readable is looked for again at the next read.
package final class HostFile {
    private let path: String
    private var descriptor: Int32 = -1
    private var isGenerated = false

    /// Opens nothing yet.
    package init(_ path: String) { self.path = path }
    deinit { close() }

    /// The whole file, in `buffer`; nil when it cannot be read.
    package func read(into buffer: ReadBuffer) -> ByteScanner? {
        if descriptor < 0 { openFile() }
        guard descriptor >= 0 else { return nil }
        guard let contents = buffer.fill(from: descriptor) else {
            close()
            return nil
        }
        return contents
    }

    /// False when the kernel would have said so had the contents changed since this was last asked, or since the file
    /// was opened. Only for files that announce their changes, such as `/proc/self/mountinfo`; a file that was copied
    /// from there may always have changed.
    package func mayHaveChanged() -> Bool {
        guard descriptor >= 0, isGenerated else { return true }
        var request = pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0)
        return poll(&request, 1, 0) != 0
    }

    private func openFile() {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        // The kernel does not know how long a file of /proc is before it is read.
        isGenerated = descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_size == 0
    }

    private func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }
}

extension ReadBuffer {
    /// A file that is read once. nil when it cannot be read.
    package func contents(of path: String) -> ByteScanner? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return fill(from: descriptor)
    }

    /// The first line of a file that is read once, without the spaces around it; nil when unreadable or empty.
    package func firstLine(of path: String) -> String? {
        guard var file = contents(of: path), var line = file.nextLine() else { return nil }
        line.skipSpaces()
        let text = line.text
        return text.isEmpty ? nil : text
    }

    /// A file with one number in it.
    package func number(in path: String) -> Int64? {
        guard var file = contents(of: path) else { return nil }
        return file.nextInt()
    }
}

/// The names in a directory, sorted, without `.` and `..`; empty when it cannot be read. At most `limit`.
package func directoryNames(_ path: String, limit: Int = 4096) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < limit, let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Of the file at that path; "." where the path is a bare name.
func parentDirectory(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Nanoseconds of `CLOCK_MONOTONIC`.
package func monotonicNanoseconds() -> UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }

/// Nanoseconds since boot, time asleep included: what `/proc/<pid>/stat` counts start times from.
package func nanosecondsSinceBoot() -> UInt64 { nanoseconds(of: CLOCK_BOOTTIME) }

private func nanoseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}
