import Glibc

/// A file that others append to, read piece by piece from where it stood. It is opened for each look: these files are
/// replaced now and then. Loop's thread only.
final class GrowingFile {
    /// Bytes that are read at one time; of what was written while nobody looked the older part is skipped beyond it.
    /// A multiple of the size of a login record.
    static let maximum = 192 << 10

    struct Position: Equatable {
        var identity: FileIdentity
        var offset: Int64
    }

    let path: String
    /// Nil before the file was there.
    private(set) var position: Position?

    /// - Parameter position: of an earlier run of the agent; nil begins at the end.
    init(path: String, position: Position?) {
        self.path = path
        self.position = position ?? Self.end(path)
    }

    /// Calls the body with what is new; it answers how many bytes of that it has taken.
    func readNew(_ body: (UnsafeRawBufferPointer) -> Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        let identity = FileIdentity(status)
        let size = Int64(status.st_size)
        var start = position?.identity == identity ? position?.offset ?? 0 : 0
        if start > size { start = 0 }
        if size - start > Int64(Self.maximum) { start = size - Int64(Self.maximum) }
        var taken = 0
        withUnsafeTemporaryAllocation(byteCount: Self.maximum, alignment: 16) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(start))
            if count > 0 { taken = body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        }
        position = Position(identity: identity, offset: start + Int64(taken))
    }

    /// Complete lines.
    func newLines(_ body: (String) -> Void) {
        readNew { bytes in
            var place = 0
            while let cut = LogLine.next(in: bytes, from: place) {
                body(String(decoding: bytes[cut.line], as: UTF8.self))
                place = cut.end
            }
            return place
        }
    }

    private static func end(_ path: String) -> Position? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Position(identity: FileIdentity(status), offset: Int64(status.st_size))
    }
}
