import Model

/// Makes lines out of the answer to `GET /containers/{id}/logs?timestamps=1`. A value without I/O.
struct ContainerLogDecoder {
    struct Line {
        var stream: OutputStream
        /// Nanoseconds since 1970, by the engine.
        var timestamp: UInt64?
        /// A part of a long line, and not its last.
        var isTruncated: Bool
        /// Valid during the call.
        var bytes: UnsafeRawBufferPointer
    }

    /// Nil for a container with a terminal: there is one stream, and no frames.
    private var frames: StdcopyDemultiplexer?
    private var stdout: TimestampedLines
    private var stderr: TimestampedLines

    /// - Parameter place: from where on the log is read.
    init(hasTerminal: Bool, from place: LogPlace = LogPlace()) {
        frames = hasTerminal ? nil : StdcopyDemultiplexer()
        stdout = TimestampedLines(formerEnd: .init(timestamp: place.timestamp, length: place.open.stdout))
        stderr = TimestampedLines(formerEnd: .init(timestamp: place.timestamp, length: place.open.stderr))
    }

    mutating func consume(_ bytes: UnsafeRawBufferPointer, into sink: @escaping (Line) -> Void) throws(HTTPViolation) {
        guard var frames else { return stdout.consume(bytes, into: Self.sink(.stdout, sink)) }
        defer { self.frames = frames }
        try frames.consume(bytes) { piece in
            let sink = Self.sink(piece.stream, sink)
            if piece.stream == .stderr {
                if piece.startsFrame { stderr.beginPiece(into: sink) }
                stderr.consume(piece.bytes, into: sink)
            } else {
                if piece.startsFrame { stdout.beginPiece(into: sink) }
                stdout.consume(piece.bytes, into: sink)
            }
        }
    }

    /// The log ends here.
    mutating func finish(into sink: @escaping (Line) -> Void) {
        stdout.finish(into: Self.sink(.stdout, sink))
        stderr.finish(into: Self.sink(.stderr, sink))
    }

    /// Behind `finish`: the last lines, where they have this time and no break.
    func openLines(at timestamp: UInt64) -> OpenLines {
        func length(_ end: TimestampedLines.End?) -> Int { end?.timestamp == timestamp ? end?.length ?? 0 : 0 }
        return OpenLines(stdout: length(stdout.end), stderr: length(stderr.end))
    }

    private static func sink(_ stream: OutputStream, _ sink: @escaping (Line) -> Void) -> TimestampedLines.Sink {
        { sink(Line(stream: stream, timestamp: $2, isTruncated: $1, bytes: $0)) }
    }
}
