import Glibc
import Logging
import Model
import Storage
import Testing

/// A directory of its own for each test, gone afterwards.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/sluice-storage-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StoreError.closed }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in Files.names(in: path) { remove("\(path)/\(name)") }
        rmdir(path)
    }
}

enum Files {
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        try #require(descriptor >= 0, "\(path)")
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        try #require(Glibc.read(descriptor, &bytes, bytes.count) == bytes.count)
        return bytes
    }

    static func write(_ bytes: some Collection<UInt8>, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0, "\(path)")
        defer { close(descriptor) }
        let bytes = Array(bytes)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }
}

/// Waits for a condition instead of for a time.
func eventually(
    within seconds: Int = 40, _ what: String, location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record("not within \(seconds) s: \(what)", sourceLocation: location)
}

func quietLog() -> Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

/// Retention comes when a test asks for it, with the time that it says, however slow the machine is.
func openStore(_ directory: TemporaryDirectory, _ change: (inout StoreSettings) -> Void = { _ in }) throws -> Store {
    var settings = StoreSettings(directory: directory.path)
    settings.maintenanceInterval = 3_600_000
    change(&settings)
    return try Store.open(settings, log: quietLog())
}

func at(_ milliseconds: Int64) -> WallTime { WallTime(millisecondsSince1970: milliseconds) }

extension OutputBatch {
    mutating func append(line: String, seq: UInt64, stream: OutputStream = .stdout, isTruncated: Bool = false) {
        Array(line.utf8).withUnsafeBytes {
            appendLine(
                seq: seq, stream: stream, isTruncated: isTruncated, time: WallTime(millisecondsSince1970: Int64(seq)),
                text: $0)
        }
    }

    static func lines(_ range: ClosedRange<UInt64>, _ text: (UInt64) -> String = { "line \($0)" }) -> OutputBatch {
        var batch = OutputBatch()
        for seq in range { batch.append(line: text(seq), seq: seq) }
        return batch
    }
}

extension TaskOutputLog {
    /// Returns the highest stored number.
    @discardableResult
    func append(_ batch: OutputBatch, to task: TaskID) async throws -> UInt64 {
        try await withCheckedContinuation { continuation in
            append(batch, to: task) { continuation.resume(returning: $0) }
        }.get()
    }
}

/// What a reader sees, in a form that can be compared.
enum SeenItem: Equatable {
    case line(UInt64, String)
    case missing(ClosedRange<UInt64>)
    case final(UInt64, TaskStatus, Int32?)
}

extension TaskOutputReader {
    /// Everything from `seq` to what is the end now.
    func all(_ task: TaskID, from seq: UInt64 = 1, maximumBytes: Int = 1 << 16) throws -> [SeenItem] {
        var position = OutputPosition(task: task, seq: seq)
        return try rest(&position, maximumBytes: maximumBytes)
    }

    func rest(_ position: inout OutputPosition, maximumBytes: Int = 1 << 16) throws -> [SeenItem] {
        var items: [SeenItem] = []
        while true {
            let chunk = try read(&position, maximumBytes: maximumBytes)
            chunk.forEach { item in
                switch item {
                case .line(let line): items.append(.line(line.seq, String(decoding: line.text, as: UTF8.self)))
                case .missing(let range): items.append(.missing(range))
                case .final(let end): items.append(.final(end.seq, end.status, end.exitCode))
                }
            }
            if chunk.isAtEnd { return items }
        }
    }
}
