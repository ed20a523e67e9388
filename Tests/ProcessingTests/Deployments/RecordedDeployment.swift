import Glibc
import Model
import Testing

@testable import Processing

/// A file of `Tests/ProcessingTests/Recorded/deployments`: what a real run of a tool printed, and how it ended. A header
/// (`# tool:`, `# what:`, `# command:`, `# exit:`), then each line with `o` for stdout or `e` for stderr before it, in
/// the order in which they came.
struct RecordedDeployment {
    var exitCode: Int32 = 0
    var lines: [(text: String, isError: Bool)] = []

    init(_ name: String) throws {
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/" + folder + "/Recorded/deployments/" + name + ".txt"
        for line in try Self.text(of: path).split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# exit: ") { exitCode = try #require(Int32(line.dropFirst(8))) }
            guard line.hasPrefix("o ") || line.hasPrefix("e ") else { continue }
            lines.append((String(line.dropFirst(2)), line.hasPrefix("e ")))
        }
    }

    private static func text(of path: String) throws -> String {
        let file = try #require(fopen(path, "r"), "\(path)")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What was seen on the way, without repetitions, and the end.
    struct Run {
        var phases: [DeploymentPhase] = []
        var progress: [Int] = []
        var messages: [String] = []
        var analyzer = DeploymentAnalyzer()

        fileprivate mutating func note() {
            let status = analyzer.status
            if phases.last != status.phase { phases.append(status.phase) }
            if let percent = status.progress, progress.last != percent { progress.append(percent) }
            if messages.last != status.message { messages.append(status.message) }
        }
    }

    func run() -> Run {
        var run = Run()
        run.analyzer.begin()
        for line in lines {
            run.analyzer.read(line.text, isError: line.isError)
            run.note()
        }
        run.analyzer.end(exitCode: exitCode)
        run.note()
        return run
    }
}
