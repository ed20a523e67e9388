import Glibc

/// A cursor over bytes that a kernel file gave us.
///
/// Reads numbers and words in place: no copies, no `String`, no allocation. Nothing it is given can make it trap: past the
/// end every method answers nil or does nothing, and numbers too large for their type become the largest there is.
/// It borrows the bytes: it is valid only until the buffer behind it is filled again, on the thread that owns that buffer.
package struct ByteScanner {
    private var position: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>

    package init(_ bytes: UnsafeBufferPointer<UInt8>) {
        // An empty buffer may have no address; then begin and end are the same arbitrary non-null one, never read.
        position = bytes.baseAddress ?? UnsafePointer(bitPattern: 1)!
        end = position + bytes.count
    }

    private init(from position: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>) {
        self.position = position
        self.end = end
    }

    package var isAtEnd: Bool { position >= end }
    package var count: Int { end - position }
    package var first: UInt8? { position < end ? position.pointee : nil }

    /// What has not been read, as text; invalid UTF-8 is repaired with U+FFFD.
    package var text: String { String(decoding: remaining, as: UTF8.self) }

    /// What has not been read. Borrowed, like the scanner itself.
    package var remaining: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: position, count: count) }

    package mutating func skip(_ n: Int) {
        position += min(max(n, 0), count)
    }

    /// Spaces and tabs, not line breaks.
    package mutating func skipSpaces() {
        while position < end, position.pointee == UInt8(ascii: " ") || position.pointee == UInt8(ascii: "\t") {
            position += 1
        }
    }

    /// Steps over `prefix` if it comes next; otherwise stays where it is.
    package mutating func skip(_ prefix: StaticString) -> Bool {
        guard starts(with: prefix) else { return false }
        position += prefix.utf8CodeUnitCount
        return true
    }

    package func starts(with prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        return count >= length && memcmp(position, prefix.utf8Start, length) == 0
    }

    package func equals(_ other: StaticString) -> Bool {
        count == other.utf8CodeUnitCount && starts(with: other)
    }

    /// The line that comes next, without its line break; nil at the end.
    package mutating func nextLine() -> ByteScanner? {
        guard position < end else { return nil }
        return take(upTo: UInt8(ascii: "\n")) ?? takeRest()
    }

    /// What comes before the next `delimiter`, which is stepped over; nil (and no step) when there is none.
    package mutating func take(upTo delimiter: UInt8) -> ByteScanner? {
        guard position < end, let found = memchr(position, Int32(delimiter), count) else { return nil }
        let stop = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
        defer { position = stop + 1 }
        return ByteScanner(from: position, to: stop)
    }

    /// What comes before the last `delimiter`, which is stepped over; nil (and no step) when there is none.
    package mutating func take(upToLast delimiter: UInt8) -> ByteScanner? {
        guard let offset = remaining.lastIndex(of: delimiter) else { return nil }
        let start = position
        position += offset + 1
        return ByteScanner(from: start, to: start + offset)
    }

    private mutating func takeRest() -> ByteScanner {
        defer { position = end }
        return self
    }

    /// The next run of anything but spaces, tabs and line breaks, after spaces and tabs; nil when there is none left.
    package mutating func nextWord() -> ByteScanner? {
        skipSpaces()
        let start = position
        while position < end, position.pointee > UInt8(ascii: " ") { position += 1 }
        return position > start ? ByteScanner(from: start, to: position) : nil
    }

    package mutating func skipWords(_ n: Int) {
        for _ in 0..<n { _ = nextWord() }
    }

    /// An unsigned decimal number after spaces and tabs; nil (and no step over what is there) when no digit comes next.
    /// Larger than 64 bits is `UInt64.max`.
    package mutating func nextUInt() -> UInt64? {
        skipSpaces()
        guard let digit = first, isDigit(digit) else { return nil }
        var value: UInt64 = 0
        while position < end, isDigit(position.pointee) {
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tens.addingReportingOverflow(UInt64(position.pointee &- UInt8(ascii: "0")))
            value = tooLarge || carried ? .max : sum
            position += 1
        }
        return value
    }

    /// A decimal number with an optional sign.
    package mutating func nextInt() -> Int64? {
        skipSpaces()
        let negative = skip("-")
        guard let magnitude = nextUInt() else { return nil }
        let value = Int64(clamping: magnitude)
        return negative ? -value : value
    }

    /// A number such as `12.34`, without exponent or sign.
    package mutating func nextDecimal() -> Double? {
        guard let whole = nextUInt() else { return nil }
        guard skip(".") else { return Double(whole) }
        var value = Double(whole)
        var scale = 0.1
        while position < end, isDigit(position.pointee) {
            value += Double(position.pointee &- UInt8(ascii: "0")) * scale
            scale /= 10
            position += 1
        }
        return value
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
