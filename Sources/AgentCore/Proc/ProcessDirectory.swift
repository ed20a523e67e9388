import Glibc

/// The processes of the host: `/proc`, opened once and read again for every sample.
///
/// A process costs three system calls (open, read, close) and no allocation.
final class ProcessDirectory {
    private let path: String
    private let buffer: ReadBuffer
    /// Owned by this object; nil until the first scan.
    private var directory: OpaquePointer?
    /// Where the path of a file below the directory is put together. Owned by this object.
    private let name = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 32)

    init(host: HostReadings) {
        path = host.root.path("/proc")
        buffer = host.buffer
    }

    deinit {
        if let directory { closedir(directory) }
        name.deallocate()
    }

    /// Calls `body` for every process there is. One that ends meanwhile is left out. False when `/proc` cannot be read.
    func forEach(_ body: (Int32, ProcessStat) -> Void) -> Bool {
        if let directory { rewinddir(directory) } else { directory = opendir(path) }
        guard let directory else { return false }
        while let entry = readdir(directory) {
            guard let pid = Self.pid(of: entry), let descriptor = open(pid, "/stat") else { continue }
            let contents = buffer.fillOnce(from: descriptor)
            close(descriptor)
            guard var contents, let stat = ProcessStat(parsing: &contents) else { continue }
            body(pid, stat)
        }
        return true
    }

    /// What the process has read and written; nil when that cannot be read, or before the first scan.
    func io(of pid: Int32) -> ProcessIO? {
        guard let descriptor = open(pid, "/io") else { return nil }
        defer { close(descriptor) }
        guard var contents = buffer.fillOnce(from: descriptor) else { return nil }
        return ProcessIO(parsing: &contents)
    }

    private static func pid(of entry: UnsafeMutablePointer<dirent>) -> Int32? {
        withUnsafeBytes(of: &entry.pointee.d_name) { name in
            var pid: Int32 = 0
            for byte in name {
                if byte == 0 { break }
                let digit = byte &- UInt8(ascii: "0")
                guard digit < 10, pid < 100_000_000 else { return nil }
                pid = pid * 10 + Int32(digit)
            }
            return pid > 0 ? pid : nil
        }
    }

    private func open(_ pid: Int32, _ file: StaticString) -> Int32? {
        guard let directory else { return nil }
        var start = 12  // room for the digits of a pid, which are written backwards
        var rest = pid
        repeat {
            start -= 1
            name[start] = CChar(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        for (offset, byte) in UnsafeBufferPointer(start: file.utf8Start, count: file.utf8CodeUnitCount).enumerated() {
            name[12 + offset] = CChar(byte)
        }
        name[12 + file.utf8CodeUnitCount] = 0
        let descriptor = openat(dirfd(directory), name.baseAddress! + start, O_RDONLY | O_CLOEXEC)
        return descriptor >= 0 ? descriptor : nil
    }
}
