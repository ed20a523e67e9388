import Model

/// Takes apart the frames in which an engine sends stdout and stderr over one connection: a byte for the stream, three
/// zeros, the length of the payload with its highest byte first. A value without I/O; payloads are handed on as they come,
/// so a frame may claim any length.
struct StdcopyDemultiplexer {
    struct Piece {
        var stream: OutputStream
        /// Valid during the call.
        var bytes: UnsafeRawBufferPointer
        /// The first bytes of a frame.
        var startsFrame: Bool
    }

    private static let headerSize = 8

    private var header: [UInt8] = []
    private var stream = OutputStream.stdout
    private var left = 0
    private var isAtStart = false

    /// In the middle of a frame.
    var isIncomplete: Bool { left > 0 || !header.isEmpty }

    mutating func consume(
        _ bytes: UnsafeRawBufferPointer, into sink: (Piece) -> Void
    ) throws(HTTPViolation) {
        var place = 0
        while place < bytes.count {
            if left > 0 {
                let count = min(left, bytes.count - place)
                let piece = UnsafeRawBufferPointer(rebasing: bytes[place..<(place + count)])
                sink(Piece(stream: stream, bytes: piece, startsFrame: isAtStart))
                isAtStart = false
                left -= count
                place += count
            } else {
                header.append(bytes[place])
                place += 1
                if header.count == Self.headerSize { try beginFrame() }
            }
        }
    }

    private mutating func beginFrame() throws(HTTPViolation) {
        // 0 is stdin, which is written to stdout; 3 are errors of the engine itself.
        guard header[0] <= 3, header[1...3].allSatisfy({ $0 == 0 }) else {
            throw HTTPViolation("what a container prints does not come in frames")
        }
        stream = header[0] >= 2 ? .stderr : .stdout
        left = header[4...7].reduce(0) { $0 << 8 | Int($1) }
        isAtStart = true
        header.removeAll(keepingCapacity: true)
    }
}
