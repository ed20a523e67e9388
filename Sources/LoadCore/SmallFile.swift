import Glibc

/// Files of a few kilobytes, such as those of /proc.
enum SmallFile {
    private static let maximumBytes = 64 << 10

    /// Nil when it cannot be read. What is beyond 64 KiB is left out.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 8192)
        while bytes.count < maximumBytes {
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
