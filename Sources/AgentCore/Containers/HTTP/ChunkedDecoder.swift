/// Takes the chunk framing off a body. A value without I/O; what is in the chunks is handed on as it comes, so a chunk
/// may claim any size.
struct ChunkedDecoder {
    private enum State {
        /// In a line with a size. `value` is nil before the first digit.
        case size(value: Int?, length: Int)
        case sizeExtension(value: Int, length: Int)
        case data(left: Int)
        /// Behind the data: a break follows.
        case dataEnd
        /// In the lines behind the last chunk; `isEmpty`: at the start of one.
        case trailer(isEmpty: Bool, total: Int)
        case ended
    }

    /// Of a line with a size, and of all trailers.
    static let maximumLine = 1 << 10
    static let maximumTrailer = 8 << 10
    private static let maximumSize = Int.max >> 8

    private var state = State.size(value: nil, length: 0)

    var hasEnded: Bool { if case .ended = state { true } else { false } }

    /// - Returns: how many bytes were of this body; behind its end none are.
    mutating func consume(
        _ bytes: UnsafeRawBufferPointer, into sink: (UnsafeRawBufferPointer) -> Void
    ) throws(HTTPViolation) -> Int {
        var place = 0
        while place < bytes.count, !hasEnded {
            if case .data(let left) = state {
                let count = min(left, bytes.count - place)
                sink(UnsafeRawBufferPointer(rebasing: bytes[place..<(place + count)]))
                place += count
                state = count == left ? .dataEnd : .data(left: left - count)
            } else {
                state = try Self.next(state, bytes[place])
                place += 1
            }
        }
        return place
    }

    private static func next(_ state: State, _ byte: UInt8) throws(HTTPViolation) -> State {
        let isBreak = byte == UInt8(ascii: "\n")
        let isReturn = byte == UInt8(ascii: "\r")
        switch state {
        case .size(let value, let length):
            if isBreak, let value { return value == 0 ? .trailer(isEmpty: true, total: 0) : .data(left: value) }
            guard length < maximumLine else { throw HTTPViolation("a chunk size that does not end") }
            if let digit = hexDigit(byte) {
                guard value ?? 0 <= maximumSize >> 4 else { throw HTTPViolation("a chunk size that is too large") }
                return .size(value: (value ?? 0) << 4 | digit, length: length + 1)
            }
            guard let value, isReturn || byte == UInt8(ascii: ";") || byte == UInt8(ascii: " ") else {
                throw HTTPViolation("a chunk without a size")
            }
            return .sizeExtension(value: value, length: length + 1)
        case .sizeExtension(let value, let length):
            if isBreak { return value == 0 ? .trailer(isEmpty: true, total: 0) : .data(left: value) }
            guard length < maximumLine else { throw HTTPViolation("a chunk size that does not end") }
            return .sizeExtension(value: value, length: length + 1)
        case .dataEnd:
            guard isReturn || isBreak else { throw HTTPViolation("a chunk that is longer than its size") }
            return isBreak ? .size(value: nil, length: 0) : .dataEnd
        case .trailer(let isEmpty, let total):
            guard total < maximumTrailer else { throw HTTPViolation("trailers that do not end") }
            if isBreak { return isEmpty ? .ended : .trailer(isEmpty: true, total: total + 1) }
            return .trailer(isEmpty: isEmpty && isReturn, total: total + 1)
        case .data, .ended: return state  // not asked about
        }
    }

    private static func hexDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
