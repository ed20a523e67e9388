import Model

/// One line of a task's output, as the spool hands it out. `bytes` is valid during the call only.
struct SpooledLine {
    var seq: UInt64
    var stream: OutputStream
    var isTruncated: Bool
    var atUnixNanoseconds: UInt64
    var bytes: UnsafeRawBufferPointer
}

/// The numbered lines of one task that the gateway has not acknowledged, oldest first, packed into chunks so that a
/// line costs its bytes and 14 more. A value without I/O.
///
/// Three marks rise through the numbers: acknowledged <= sent <= last. `send` walks from "sent" to "last"; a reconnect
/// puts "sent" back. Lines that were dropped before they were acknowledged are the numbers between "acknowledged" and
/// the first one that is kept, so a gap needs no book-keeping and is reported again for as long as nobody has it.
struct TaskSpool {
    private struct Chunk {
        var bytes: [UInt8] = []
    }

    /// Where a line starts.
    private struct Position {
        /// Counts chunks from the first one ever.
        var chunk: Int
        var offset: Int
    }

    /// What a line takes beside its bytes: time, length, flags.
    static let lineOverhead = 8 + 4 + 2
    private static let chunkSize = 32 * 1024

    private var chunks: [Chunk] = []
    /// Number of chunks that have been removed from the front of `chunks`.
    private var removedChunks = 0
    private var head = Position(chunk: 0, offset: 0)
    /// Of line `sentSeq + 1`; meaningless while that one has been dropped.
    private var cursor = Position(chunk: 0, offset: 0)

    /// The highest number given to a line; 0 before the first.
    private(set) var lastSeq: UInt64 = 0
    /// The gateway has everything up to here.
    private(set) var acknowledgedSeq: UInt64 = 0
    /// Everything up to here has been handed to the connection (or reported as a gap on it).
    private(set) var sentSeq: UInt64 = 0
    /// The oldest line that is kept; `lastSeq + 1` when none is.
    private(set) var firstSeq: UInt64 = 1
    /// What the kept lines take, overhead included.
    private(set) var byteCount = 0
    /// What the kept lines take that are sent and not acknowledged.
    private(set) var inFlightBytes = 0
    /// Lines that had to go before they were acknowledged.
    private(set) var droppedLines: UInt64 = 0

    var hasUnsent: Bool { sentSeq < lastSeq }

    /// Gives the line the next number and keeps it.
    mutating func append(
        _ bytes: UnsafeRawBufferPointer, stream: OutputStream, truncated: Bool, atUnixNanoseconds time: UInt64
    ) {
        let size = Self.lineOverhead + bytes.count
        if chunks.isEmpty || isFull(chunks[chunks.count - 1]) { addChunk(for: size) }
        let last = chunks.count - 1
        withUnsafeBytes(of: time.littleEndian) { chunks[last].bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { chunks[last].bytes.append(contentsOf: $0) }
        chunks[last].bytes.append(stream.rawValue)
        chunks[last].bytes.append(truncated ? 1 : 0)
        chunks[last].bytes.append(contentsOf: bytes)
        byteCount += size
        lastSeq += 1
    }

    /// The first chunk grows with what a task has to say, which is little as a rule. The others are made in their size,
    /// so that nothing is wasted when there is much.
    private mutating func addChunk(for size: Int) {
        var chunk = Chunk()
        if !chunks.isEmpty { chunk.bytes.reserveCapacity(max(Self.chunkSize + 1024, size)) }
        chunks.append(chunk)
    }

    /// The next line goes to another chunk.
    private func isFull(_ chunk: Chunk) -> Bool { chunk.bytes.count >= Self.chunkSize }

    /// The gateway has everything up to `seq` safe. A number that was never sent is taken as the last one.
    mutating func acknowledge(upTo seq: UInt64) {
        let seq = min(seq, lastSeq)
        guard seq > acknowledgedSeq else { return }
        acknowledgedSeq = seq
        while firstSeq <= seq, removeFirst() {}
        if sentSeq < seq { resumeCursorAtHead() }
    }

    /// A new connection, whose gateway has everything up to `seq`: what follows is sent again, and what of it is no
    /// longer here is reported as a gap.
    mutating func rewind(to seq: UInt64) {
        acknowledge(upTo: seq)
        sentSeq = min(seq, lastSeq)
        cursor = head
        inFlightBytes = 0
    }

    /// Drops oldest lines until `bytes` have been freed or none is left.
    mutating func dropOldest(freeing bytes: Int) {
        let target = byteCount - bytes
        while byteCount > max(0, target), removeFirst() { droppedLines += 1 }
    }

    /// Hands out the next unsent lines, at least one, as long as they, with `overhead` for each, stay within `budget`
    /// bytes and `limit` lines, and counts them as sent. Returns the numbers that are missing before them, if any.
    mutating func send(
        budget: Int, overhead: Int = lineOverhead, limit: Int, _ body: (SpooledLine) -> Void
    ) -> ClosedRange<UInt64>? {
        var gap: ClosedRange<UInt64>?
        if sentSeq + 1 < firstSeq {
            gap = (sentSeq + 1)...(firstSeq - 1)
            resumeCursorAtHead()
        }
        var taken = 0
        var count = 0
        while sentSeq < lastSeq, count < limit {
            let length = withLine(at: cursor, seq: sentSeq + 1) { $0.bytes.count }
            if count > 0, taken + overhead + length > budget { break }
            withLine(at: cursor, seq: sentSeq + 1, body)
            taken += overhead + length
            count += 1
            sentSeq += 1
            inFlightBytes += Self.lineOverhead + length
            cursor = position(after: cursor, size: Self.lineOverhead + length)
        }
        return gap
    }

    private mutating func resumeCursorAtHead() {
        sentSeq = firstSeq - 1
        cursor = head
        inFlightBytes = 0
    }

    /// Forgets the oldest line. False when there is none.
    private mutating func removeFirst() -> Bool {
        guard firstSeq <= lastSeq else { return false }
        let isLast = firstSeq == lastSeq
        let size = withLine(at: head, seq: firstSeq) { Self.lineOverhead + $0.bytes.count }
        let next = position(after: head, size: size)
        if isLast || next.chunk != head.chunk { removeFirstChunk() }
        head = isLast ? Position(chunk: removedChunks, offset: 0) : next
        if isLast { cursor = head }
        byteCount -= size
        if firstSeq <= sentSeq { inFlightBytes -= size }
        firstSeq += 1
        return true
    }

    private mutating func removeFirstChunk() {
        chunks.removeFirst()
        removedChunks += 1
    }

    private func position(after position: Position, size: Int) -> Position {
        let end = position.offset + size
        let chunk = chunks[position.chunk - removedChunks]
        return end == chunk.bytes.count && isFull(chunk)
            ? Position(chunk: position.chunk + 1, offset: 0) : Position(chunk: position.chunk, offset: end)
    }

    private func withLine<Result>(at position: Position, seq: UInt64, _ body: (SpooledLine) -> Result) -> Result {
        chunks[position.chunk - removedChunks].bytes.withUnsafeBytes { chunk in
            let start = position.offset
            let time = UInt64(littleEndian: chunk.loadUnaligned(fromByteOffset: start, as: UInt64.self))
            let count = Int(UInt32(littleEndian: chunk.loadUnaligned(fromByteOffset: start + 8, as: UInt32.self)))
            let text = start + Self.lineOverhead
            return body(
                SpooledLine(
                    seq: seq, stream: OutputStream(rawValue: chunk[start + 12]) ?? .stdout,
                    isTruncated: chunk[start + 13] != 0, atUnixNanoseconds: time,
                    bytes: UnsafeRawBufferPointer(rebasing: chunk[text..<text + count])))
        }
    }
}
