import GRDB
import Glibc
import Model

/// What one search reads, within its time.
struct LogSegmentReader {
    let segments: LogSegments
    let settings: LogSettings
    let deadline: SearchDeadline
    let onDamaged: @Sendable (LogSegment, StoreError) -> Void

    /// How often a segment is tried.
    private static let attempts = 3

    /// Nil for a segment that is damaged, or was removed meanwhile: the others are as good.
    func read<Value>(_ segment: LogSegment, _ body: (Database) throws -> Value) throws -> Value? {
        var attempt = 1
        while true {
            do {
                return try LogSegmentFile.read(segment.path, until: deadline, body)
            } catch {
                let failure = StoreError(error, file: segment.path)
                guard segments.contains(segment) else { return nil }
                if case .corrupt = failure {
                    onDamaged(segment, failure)
                    return nil
                }
                guard attempt < Self.attempts, isPassing(failure) else { throw error }
                usleep(UInt32(attempt) * 5_000)  // on a thread that is there for this
                attempt += 1
            }
        }
    }

    /// The writer takes away the files beside a segment that it closes, and whoever opens it in that moment sees them go:
    /// an I/O error, or a file that cannot be opened.
    private func isPassing(_ failure: StoreError) -> Bool {
        switch failure {
        case .unavailable, .cannotOpen: !deadline.isOver
        default: false
        }
    }
}
