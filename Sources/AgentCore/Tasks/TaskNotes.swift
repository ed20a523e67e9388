import Glibc
import Logging

/// A file from which the agent's next life learns what this one had under way when it was killed. Loop's thread only.
final class TaskNotes {
    private let path: String
    private let log: Logger
    private var problemIsLogged = false

    init(path: String, log: Logger) {
        self.path = path
        self.log = log
        StateFile.makeDirectory(parentDirectory(path))
    }

    /// Whole for whoever reads it after the end of this process. Not flushed: what it tells of does not run any more after
    /// the end of the host.
    func write(_ lines: [String]) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        var problem = descriptor < 0 ? StateFile.lastError() : nil
        if descriptor >= 0 {
            problem = StateFile.append(Array(lines.map { $0 + "\n" }.joined().utf8), to: descriptor)
            close(descriptor)
        }
        if problem == nil, rename(temporary, path) != 0 { problem = StateFile.lastError() }
        guard let problem, !problemIsLogged else { return }
        problemIsLogged = true
        log.error("cannot note what tasks run: \(problem)", metadata: ["file": "\(path)"])
    }

    /// What an earlier life has written; none where there was none.
    func read() -> [Substring] {
        guard let bytes = StateFile.contents(path) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
