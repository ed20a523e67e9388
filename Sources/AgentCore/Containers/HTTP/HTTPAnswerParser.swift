/// Reads the answer to one request: bytes in, head and pieces of the body out. A value without I/O.
struct HTTPAnswerParser {
    enum Event {
        case head(HTTPHead)
        /// A piece of the body, without chunk framing; valid during the call only.
        case body(UnsafeRawBufferPointer)
        /// The answer is complete.
        case end
    }

    private enum State {
        case head
        case counted(left: Int)
        case chunked(ChunkedDecoder)
        /// The body ends with the connection.
        case untilClose
        case ended
    }

    private var state = State.head
    private var headBytes: [UInt8] = []

    var hasEnded: Bool { if case .ended = state { true } else { false } }

    /// What comes behind the end of the answer is left out.
    mutating func consume(_ bytes: UnsafeRawBufferPointer, into sink: (Event) -> Void) throws(HTTPViolation) {
        var rest = bytes
        while rest.count > 0 {
            switch state {
            case .head:
                let taken = try takeHead(rest, into: sink)
                rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            case .counted(let left):
                let count = min(left, rest.count)
                sink(.body(UnsafeRawBufferPointer(rebasing: rest[..<count])))
                state = .counted(left: left - count)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                if count == left { end(into: sink) }
            case .chunked(var decoder):
                let count = try decoder.consume(rest) { sink(.body($0)) }
                state = .chunked(decoder)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                if decoder.hasEnded { end(into: sink) }
            case .untilClose:
                sink(.body(rest))
                return
            case .ended: return
            }
        }
    }

    /// The connection has been closed.
    mutating func finish(into sink: (Event) -> Void) throws(HTTPViolation) {
        switch state {
        case .untilClose: end(into: sink)
        case .ended: break
        case .head, .counted, .chunked: throw HTTPViolation("the answer breaks off")
        }
    }

    private mutating func end(into sink: (Event) -> Void) {
        state = .ended
        sink(.end)
    }

    /// - Returns: how many of the bytes are of the head.
    private mutating func takeHead(
        _ bytes: UnsafeRawBufferPointer, into sink: (Event) -> Void
    ) throws(HTTPViolation) -> Int {
        let known = headBytes.count
        headBytes.append(contentsOf: bytes.prefix(HTTPHead.maximumBytes - known))
        guard let end = endOfHead(from: known) else {
            guard headBytes.count < HTTPHead.maximumBytes else { throw HTTPViolation("a head that does not end") }
            return bytes.count
        }
        let head = try HTTPHead(parsing: headBytes[..<(end - 4)])
        headBytes = []
        // An interim answer is followed by the one that counts; 101 is what a stream of bytes begins with.
        if (100...199).contains(head.status), head.status != 101 { return end - known }
        state = try Self.body(behind: head)
        sink(.head(head))
        if hasEnded { sink(.end) }
        return end - known
    }

    /// Index behind the empty line, if it has come.
    private func endOfHead(from known: Int) -> Int? {
        let (newline, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        for index in max(3, known)..<max(3, headBytes.count)
        where headBytes[index] == newline && headBytes[index - 1] == carriageReturn
            && headBytes[index - 2] == newline && headBytes[index - 3] == carriageReturn
        {
            return index + 1
        }
        return nil
    }

    private static func body(behind head: HTTPHead) throws(HTTPViolation) -> State {
        if head.status == 204 || head.status == 304 { return .ended }
        if let coding = head["transfer-encoding"] {
            guard coding.lowercased() == "chunked" else { throw HTTPViolation("an unknown transfer encoding") }
            return .chunked(ChunkedDecoder())
        }
        guard head.status != 101, let length = head["content-length"] else { return .untilClose }
        guard !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(length) else {
            throw HTTPViolation("a Content-Length that is no number")
        }
        return count == 0 ? .ended : .counted(left: count)
    }
}
