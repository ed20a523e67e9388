/// Makes lines out of one stream of a container's log in which the engine has put a time in front of each line. What an
/// engine keeps in pieces, because it was long, has a time in front of each piece; together they are one line, with the
/// time of the first. A value without I/O.
struct TimestampedLines {
    /// The line is valid during the call; the time is in nanoseconds since 1970, nil where there is none.
    typealias Sink = (_ line: UnsafeRawBufferPointer, _ isTruncated: Bool, _ timestamp: UInt64?) -> Void

    /// Longer than any time.
    private static let maximumStamp = 48

    private var splitter = LineSplitter()
    /// What has come of a time; nil behind it.
    private var stamp: [UInt8]? = []
    private var timestamp: UInt64?
    private var isMidLine = false
    /// Of the line that has come so far, in bytes.
    private var length = 0
    /// Behind `finish`: the last line, if it had no break.
    private(set) var end: End?
    /// The last line when the log was read before. Where it comes again, what has a time behind it is another line.
    private let formerEnd: End

    /// A line that ended with the log.
    struct End: Equatable {
        var timestamp: UInt64
        /// In bytes; 0: there is no such line.
        var length: Int
    }

    init(formerEnd: End = End(timestamp: 0, length: 0)) { self.formerEnd = formerEnd }

    /// What follows begins with a time, also in the middle of a line.
    mutating func beginPiece(into sink: Sink) {
        takeStampAsText(into: sink)
        stamp = []
    }

    mutating func consume(_ bytes: UnsafeRawBufferPointer, into sink: Sink) {
        var rest = bytes[...]
        while let first = rest.first {
            if stamp == nil, leftOfFormerEnd == 0 { stamp = [] }
            guard stamp == nil else {
                rest = rest.dropFirst()
                takeStamp(first, into: sink)
                continue
            }
            let end = rest.firstIndex(of: newline) ?? rest.endIndex - 1
            let text = rest[...end].prefix(leftOfFormerEnd ?? .max)
            takeText(UnsafeRawBufferPointer(rebasing: text), into: sink)
            rest = rest.dropFirst(text.count)
        }
    }

    /// The log ends here; its last line needs no break.
    mutating func finish(into sink: Sink) {
        takeStampAsText(into: sink)
        end = isMidLine ? timestamp.map { End(timestamp: $0, length: length) } : nil
        endLine(into: sink)
    }

    private mutating func endLine(into sink: Sink) {
        let timestamp = timestamp
        splitter.finish { sink($0, $1, timestamp) }
        (isMidLine, length) = (false, 0)
    }

    /// How many bytes are missing of what was the last line before; nil where this is no beginning of it.
    private var leftOfFormerEnd: Int? {
        guard formerEnd.length > 0, timestamp == formerEnd.timestamp, length <= formerEnd.length else { return nil }
        return formerEnd.length - length
    }

    private mutating func takeStamp(_ byte: UInt8, into sink: Sink) {
        guard byte == UInt8(ascii: " "), let parsed = stamp.flatMap({ EngineTime.parse($0) }) else {
            stamp?.append(byte)
            if byte == newline || byte == UInt8(ascii: " ") || stamp?.count ?? 0 >= Self.maximumStamp {
                takeStampAsText(into: sink)
            }
            return
        }
        stamp = nil
        if isMidLine, leftOfFormerEnd == 0 { endLine(into: sink) }
        if !isMidLine { timestamp = parsed }
    }

    /// It was none.
    private mutating func takeStampAsText(into sink: Sink) {
        guard let bytes = stamp, !bytes.isEmpty else { return }
        stamp = nil
        if !isMidLine { timestamp = nil }
        bytes.withUnsafeBytes { takeText($0, into: sink) }
    }

    /// At most one line break, at its end.
    private mutating func takeText(_ bytes: UnsafeRawBufferPointer, into sink: Sink) {
        let timestamp = timestamp
        splitter.consume(bytes) { sink($0, $1, timestamp) }
        isMidLine = bytes.last != newline
        length = isMidLine ? length + bytes.count : 0
        if !isMidLine { stamp = [] }
    }
}

private let newline = UInt8(ascii: "\n")
