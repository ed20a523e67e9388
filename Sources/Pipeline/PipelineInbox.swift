import Model
import Synchronization

/// What waits for the pipeline's loop, in the order in which it came. Frames lie beside each other in the bytes of a
/// chunk, and the loop is woken once for a chunk: a small message costs neither an allocation nor a wake-up of its own.
///
/// Any thread puts things in; the pipeline's loop takes them out.
final class PipelineInbox: Sendable {
    enum Item: Sendable {
        /// A frame, and where its bytes are in the chunk.
        case frame(PipelineFrame, Range<Int>)
        case work(@Sendable (isolated Pipeline) -> Void)
    }

    struct Chunk: Sendable {
        var items: [Item] = []
        var bytes: [UInt8] = []

        var isFull: Bool { items.count >= PipelineInbox.itemsInChunk || bytes.count >= PipelineInbox.bytesInChunk }
    }

    /// Small enough that what else is asked of the loop comes in between soon; large enough to share a wake-up.
    private static let itemsInChunk = 256
    private static let bytesInChunk = 128 << 10

    private struct State {
        /// All but the last are full.
        var chunks: [Chunk] = []
        /// Emptied, with its memory, for the next one.
        var spare: Chunk?
    }

    private let state = Mutex(State())
    private let bytes = Atomic<Int>(0)
    /// What waits, with what it takes to remember it.
    var waitingBytes: Int { bytes.load(ordering: .relaxed) }

    /// - Returns: whether a chunk has begun for it: the loop has to be told.
    func put(_ frame: PipelineFrame, _ text: UnsafeRawBufferPointer) -> Bool {
        bytes.add(Self.cost(of: text.count), ordering: .relaxed)
        return put { chunk in
            let start = chunk.bytes.count
            chunk.bytes.append(contentsOf: text)
            chunk.items.append(.frame(frame, start..<start + text.count))
        }
    }

    func put(_ work: @escaping @Sendable (isolated Pipeline) -> Void) -> Bool {
        put { $0.items.append(.work(work)) }
    }

    private func put(_ body: (inout Chunk) -> Void) -> Bool {
        state.withLock { state in
            let begins = state.chunks.last?.isFull ?? true
            if begins {
                state.chunks.append(state.spare.take() ?? Chunk())
            }
            body(&state.chunks[state.chunks.count - 1])
            return begins
        }
    }

    /// The oldest chunk, which may still be filled: then the next thing begins another.
    func take() -> Chunk? {
        state.withLock { $0.chunks.isEmpty ? nil : $0.chunks.removeFirst() }
    }

    /// A chunk has been processed.
    func giveBack(_ chunk: consuming Chunk) {
        var frames = 0
        for case .frame(_, let range) in chunk.items { frames += Self.cost(of: range.count) }
        bytes.subtract(frames, ordering: .relaxed)
        chunk.items.removeAll(keepingCapacity: true)
        chunk.bytes.removeAll(keepingCapacity: true)
        guard chunk.bytes.capacity <= 4 * Self.bytesInChunk else { return }  // one huge frame is no reason to keep it
        state.withLock { [chunk] in $0.spare = chunk }
    }

    static func cost(of bytes: Int) -> Int { bytes + MemoryLayout<Item>.stride }
}
