import Glibc

@testable import AgentCore

/// A tree of files below a new temporary directory, in place of the host's `/proc` and `/sys`; removed at the end.
final class RecordedHost {
    let directory: String
    var root: HostRoot { HostRoot(directory) }

    init() {
        var template = Array("/tmp/sluice-recorded-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { removeTree(directory) }

    func write(_ path: String, _ text: String) { write(path, Array(text.utf8)) }

    func write(_ path: String, _ bytes: some Collection<UInt8>) {
        makeDirectories(path.split(separator: "/").dropLast())
        let descriptor = open(directory + path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let bytes = Array(bytes)
        precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    func makeDirectories(_ components: some Sequence<Substring>) {
        var path = directory
        for component in components {
            path += "/" + component
            mkdir(path, 0o700)
        }
    }

    func remove(_ path: String) { removeTree(directory + path) }

    private func removeTree(_ path: String) {
        for name in directoryNames(path) { removeTree(path + "/" + name) }
        if rmdir(path) != 0 { unlink(path) }
    }
}

/// What a command prints; nil when it is not installed or fails.
func output(of command: String) -> String? {
    guard let stream = popen("exec 2>/dev/null; " + command, "r") else { return nil }
    var bytes: [UInt8] = []
    while case let byte = fgetc(stream), byte != EOF { bytes.append(UInt8(byte)) }
    return pclose(stream) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
}

/// The contents of a file of the running host.
func text(of path: String) -> String {
    let buffer = ReadBuffer()
    return withExtendedLifetime(buffer) { buffer.contents(of: path)?.text ?? "" }
}

/// Gives `body` a scanner over `text`.
func scanning<Result>(_ text: String, _ body: (inout ByteScanner) throws -> Result) rethrows -> Result {
    try scanning(Array(text.utf8), body)
}

func scanning<Result>(_ bytes: [UInt8], _ body: (inout ByteScanner) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBufferPointer {
        var scanner = ByteScanner($0)
        return try body(&scanner)
    }
}

/// Seconds as the collectors take them.
func seconds(_ n: Double) -> UInt64 { UInt64(n * 1e9) }
