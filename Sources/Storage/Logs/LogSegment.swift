import Glibc
import Model
import Synchronization

/// One file of logs: written until it is full, then only read, at last removed as a whole. So there is nothing to
/// VACUUM, ever: no row is deleted, and a file that goes gives all of its space back at once.
final class LogSegment: Sendable {
    let number: UInt32
    let path: String
    let created: WallTime
    private let state: Mutex<LogSegmentSummary>

    init(number: UInt32, path: String, created: WallTime, summary: LogSegmentSummary) {
        self.number = number
        self.path = path
        self.created = created
        state = Mutex(summary)
    }

    var summary: LogSegmentSummary { state.withLock { $0 } }

    /// After each commit, before anybody is told of it.
    func publish(_ summary: LogSegmentSummary) { state.withLock { $0 = summary } }

    /// On disk, with what SQLite keeps beside it.
    var byteCount: Int { Self.suffixes.reduce(0) { $0 + FileSystem.size(path + $1) } }

    func remove() { for suffix in Self.suffixes { unlink(path + suffix) } }

    /// Out of the way, for whoever wants to look at it.
    func setAside() { for suffix in Self.suffixes { rename(path + suffix, path + suffix + ".corrupt") } }

    static let suffixes = ["", "-wal", "-shm"]
}

/// What is known of a segment without reading it.
struct LogSegmentSummary: Sendable, Equatable {
    /// Ids run from 1 to this without a hole.
    var lastLine: Int64 = 0
    var lastEvent: Int64 = 0
    /// Times of lines, in milliseconds since 1970.
    var oldest = Int64.max
    var newest = Int64.min
    /// Lines by level.
    var levels = [Int](repeating: 0, count: LogLevel.allCases.count)
    /// Nil while it is written to.
    var sealed: WallTime?

    var isEmpty: Bool { lastLine == 0 && lastEvent == 0 }

    mutating func add(_ line: LogRecord) {
        lastLine += 1
        oldest = min(oldest, line.time.millisecondsSince1970)
        newest = max(newest, line.time.millisecondsSince1970)
        levels[Int(line.level.rawValue)] += 1
    }
}
