import Glibc

/// Files that must be whole, whatever happens while they are written.
enum StateFile {
    /// What a state file holds at most; a longer one is not ours.
    static let maximumBytes = 64 << 20

    /// Replaces the file. A crash, also of the host, leaves the old one or the new one. Returns what went wrong.
    static func replace(_ path: String, with bytes: [UInt8]) -> String? {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return lastError() }
        let problem = append(bytes, to: descriptor) ?? (fsync(descriptor) == 0 ? nil : lastError())
        close(descriptor)
        if let problem { return problem }
        guard rename(temporary, path) == 0 else { return lastError() }
        syncDirectory(of: path)
        return nil
    }

    /// Writes all of it. Returns what went wrong.
    static func append(_ bytes: [UInt8], to descriptor: Int32) -> String? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return lastError() }
            rest = rest.dropFirst(count)
        }
        return nil
    }

    /// The whole file; nil when it cannot be read.
    static func contents(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= maximumBytes {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
        return nil
    }

    /// Where this fails, opening a file in it says so.
    static func makeDirectory(_ path: String) {
        for index in path.indices.dropFirst() where path[index] == "/" { mkdir(String(path[..<index]), 0o700) }
        mkdir(path, 0o700)
    }

    private static func syncDirectory(of path: String) {
        let descriptor = open(LogPatterns.directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    static func lastError() -> String { String(cString: strerror(errno)) }
}
