import GRDB
import Logging
import Model
import Synchronization

/// The segments there are, oldest first. Any thread.
final class LogSegments: Sendable {
    let directory: String
    private let list = Mutex<[LogSegment]>([])

    init(directory: String) { self.directory = directory }

    var all: [LogSegment] { list.withLock { $0 } }

    func add(_ segment: LogSegment) { list.withLock { $0.append(segment) } }

    /// False when it is gone already.
    func drop(_ segment: LogSegment) -> Bool {
        list.withLock { list in
            guard let index = list.firstIndex(where: { $0.number == segment.number }) else { return false }
            list.remove(at: index)
            return true
        }
    }

    func contains(_ segment: LogSegment) -> Bool {
        list.withLock { $0.contains { $0.number == segment.number } }
    }

    func path(of number: UInt32) -> String {
        let digits = String(number)
        return "\(directory)/\(String(repeating: "0", count: max(0, 8 - digits.utf8.count)))\(digits).db"
    }

    /// What the directory's files are numbered, ascending; those set aside are in `highest` only, so that no number is
    /// given twice.
    func numbers() -> (segments: [UInt32], highest: UInt32) {
        var segments: [UInt32] = []
        var highest: UInt32 = 0
        for name in FileSystem.names(in: directory) {
            guard let dot = name.firstIndex(of: "."), let number = UInt32(name[..<dot]) else { continue }
            highest = max(highest, number)
            if name.hasSuffix(".db") { segments.append(number) }
        }
        return (segments.sorted(), highest)
    }
}
