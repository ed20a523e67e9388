import GRDB
import Model

/// What one search reads, within its time.
struct LogSegmentReader {
    let segments: LogSegments
    let settings: LogSettings
    let deadline: SearchDeadline
    let onDamaged: @Sendable (LogSegment, StoreError) -> Void

    /// Nil for a segment that is damaged, or was removed meanwhile: the others are as good.
    func read<Value>(_ segment: LogSegment, _ body: (Database) throws -> Value) throws -> Value? {
        do {
            return try LogSegmentFile.read(segment.path, until: deadline, body)
        } catch {
            let failure = StoreError(error, file: segment.path)
            guard segments.contains(segment) else { return nil }
            guard case .corrupt = failure else { throw error }
            onDamaged(segment, failure)
            return nil
        }
    }
}
