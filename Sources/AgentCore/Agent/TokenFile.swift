import Glibc

/// Files with one token in them.
enum TokenFile {
    /// A token is far shorter; a file that is longer is not one.
    private static let maximumBytes = 4096

    /// The token, without the white space around it.
    static func read(_ path: String) throws(AgentExit) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .configuration("cannot read the token file \(path): \(lastError())") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw .configuration("cannot read the token file \(path): \(lastError())") }
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
        let token = bytes[..<count].drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        guard (1...maximumBytes).contains(token.count), token.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .configuration("the token file \(path) does not hold one token")
        }
        return String(decoding: token, as: UTF8.self)
    }

    /// Writes the token so that a crash leaves the old file or the new one. Returns what went wrong, if anything.
    static func write(_ token: String, to path: String) -> String? {
        StateFile.makeDirectory(parentDirectory(path))
        return StateFile.replace(path, with: Array(token.utf8))
    }

    private static func lastError() -> String { String(cString: strerror(errno)) }
}
