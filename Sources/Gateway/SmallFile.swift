import Glibc

/// Reads files that configure the gateway: keys, secrets. Blocks; used at the start and at SIGHUP, on no loop.
enum SmallFile {
    /// Why a file was not read; half a sentence that goes on from "expected".
    struct Failure: Error { let expected: String }

    /// All of it.
    static func read(_ path: String, maximumBytes: Int) throws(Failure) -> [UInt8] {
        // A pipe that nobody writes to would block for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= maximumBytes {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable() }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
        throw Failure(expected: "a file of at most \(maximumBytes) bytes")
    }

    /// A secret: without the line end that an editor leaves, which is no part of it.
    static func readSecret(_ path: String, bytes allowed: ClosedRange<Int>) throws(Failure) -> [UInt8] {
        let content = try read(path, maximumBytes: allowed.upperBound + 2)
        let secret = content.reversed().drop { $0 == 0x0a || $0 == 0x0d }.reversed()
        guard allowed.contains(secret.count) else {
            throw Failure(
                expected: "a file with a secret of \(allowed.lowerBound) to \(allowed.upperBound) bytes")
        }
        return Array(secret)
    }

    private static func unreadable() -> Failure {
        Failure(expected: "a readable file (\(String(cString: strerror(errno))))")
    }
}
