import Model
import Service
import Storage

/// The output of a task as plain text.
enum TaskText {
    private static let chunkBytes = 256 << 10

    /// Lines of both streams in their order, a split line in one piece. Lines that are missing are named in their
    /// place.
    static func read(
        _ task: TaskID, from reader: TaskOutputReader, maximumBytes: Int
    ) async throws(ServiceError) -> TaskOutputText {
        var text: [UInt8] = []
        var position = OutputPosition(task: task)
        while text.count < maximumBytes {
            let chunk: OutputChunk
            do {
                chunk = try reader.read(&position, maximumBytes: chunkBytes)
            } catch {
                throw ServiceError.storeUnavailable(reason: "\(error)")
            }
            chunk.appendText(to: &text)
            if chunk.isAtEnd { return TaskOutputText(bytes: text, isTruncated: false) }
            await Task.yield()
        }
        return TaskOutputText(bytes: text, isTruncated: true)
    }
}
