import Glibc

/// Makes lines out of the bytes of one output pipe. A value without I/O: bytes in, lines out.
///
/// - `\n`, `\r\n` and `\r\r\n` are one break each. A lone `\r`, with which programs rewrite a line, ends it as well, and
///   says so at once; one at the very start of a line is dropped, because there is nothing to rewrite yet.
/// - A line of more than `maximum` bytes is split, at a character boundary where the bytes are UTF-8.
/// - `flushPartial` hands out a line that has no break yet (a prompt); what follows continues it.
///
/// All parts of a line but the last are marked `truncated`: joined, they are exactly the line that was printed.
struct LineSplitter {
    /// The parts are valid during the call only.
    typealias Sink = (_ bytes: UnsafeRawBufferPointer, _ truncated: Bool) -> Void

    private enum AfterReturn {
        case no
        /// The `\r` ended a line; a `\n` now belongs to the same break.
        case lineEnded
        /// The `\r` stood at the start of a line; a `\n` now makes it an empty line.
        case atStart
    }

    static let defaultMaximum = 64 * 1024

    private let maximum: Int
    private var partial: [UInt8] = []
    private var afterReturn = AfterReturn.no
    /// A truncated part of the current line has been handed out.
    private var isContinued = false

    init(maximum: Int = LineSplitter.defaultMaximum) {
        precondition(maximum >= 4, "a part must have room for any character")
        self.maximum = maximum
    }

    /// Bytes of the current line that have not been handed out.
    var hasPartial: Bool { !partial.isEmpty }

    mutating func consume(_ bytes: UnsafeRawBufferPointer, into sink: Sink) {
        var rest = bytes[...]
        while let first = rest.first {
            if first == newline || first == carriageReturn {
                rest = rest.dropFirst()
                takeBreak(first, into: sink)
                continue
            }
            afterReturn = .no
            let text = rest.prefix(through: endOfText(rest))
            rest = rest.dropFirst(text.count)
            takeText(UnsafeRawBufferPointer(rebasing: text), into: sink)
        }
    }

    /// Hands out what there is of the current line, as a truncated part.
    mutating func flushPartial(into sink: Sink) {
        guard !partial.isEmpty else { return }
        emitPartial(truncated: true, into: sink)
    }

    /// The pipe has ended: the last line needs no break.
    mutating func finish(into sink: Sink) {
        if !partial.isEmpty || isContinued { emitPartial(truncated: false, into: sink) }
        afterReturn = .no
    }

    private mutating func takeBreak(_ byte: UInt8, into sink: Sink) {
        let lineIsEmpty = partial.isEmpty && !isContinued
        switch (byte, afterReturn) {
        case (newline, .lineEnded):
            afterReturn = .no
        case (newline, _):
            emitPartial(truncated: false, into: sink)
            afterReturn = .no
        case (_, .lineEnded):
            break
        default:
            if !lineIsEmpty { emitPartial(truncated: false, into: sink) }
            afterReturn = lineIsEmpty ? .atStart : .lineEnded
        }
    }

    /// `text` has no breaks in it.
    private mutating func takeText(_ text: UnsafeRawBufferPointer, into sink: Sink) {
        var text = text
        while partial.count + text.count > maximum {
            let room = maximum - partial.count
            partial.append(contentsOf: text.prefix(room))
            text = UnsafeRawBufferPointer(rebasing: text.dropFirst(room))
            let cut = partial.withUnsafeBytes { characterBoundary(in: $0) }
            let head = partial.count == cut ? [] : Array(partial[cut...])
            partial.removeLast(partial.count - cut)
            emitPartial(truncated: true, into: sink)
            partial.append(contentsOf: head)
        }
        partial.append(contentsOf: text)
    }

    private mutating func emitPartial(truncated: Bool, into sink: Sink) {
        partial.withUnsafeBytes { sink($0, truncated) }
        // A line of ordinary length leaves its buffer for the next one; a giant one does not keep its memory.
        partial.removeAll(keepingCapacity: partial.capacity <= 4096)
        isContinued = truncated
    }

    /// Index of the last byte before the first break, or of the last byte.
    private func endOfText(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let whole = UnsafeRawBufferPointer(rebasing: bytes)
        guard let base = whole.baseAddress else { return bytes.startIndex }
        var count = whole.count
        if let found = memchr(base, Int32(newline), count) { count = UnsafeRawPointer(found) - base }
        if let found = memchr(base, Int32(carriageReturn), count) { count = UnsafeRawPointer(found) - base }
        return bytes.startIndex + count - 1
    }
}

private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")

/// Where to cut `bytes` so that a UTF-8 character at the end is not divided: at most three bytes before the end.
/// The end itself when the last bytes are no beginning of a character.
func characterBoundary(in bytes: UnsafeRawBufferPointer) -> Int {
    for back in 1...3 where back < bytes.count {
        let byte = bytes[bytes.count - back]
        if byte & 0b1100_0000 == 0b1000_0000 { continue }
        let length = byte < 0b1100_0000 ? 1 : byte < 0b1110_0000 ? 2 : byte < 0b1111_0000 ? 3 : 4
        return length > back ? bytes.count - back : bytes.count
    }
    return bytes.count
}
