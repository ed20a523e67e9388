import Glibc

/// A run of bytes that somebody else owns, read without copies and without traps: past the end there are zeros, and
/// slices are clamped. Hostile lines are the normal input of everything here.
///
/// It borrows: valid only inside the `withByteText` that made it, on that thread.
struct ByteText {
    private let base: UnsafePointer<UInt8>
    let count: Int

    private init(base: UnsafePointer<UInt8>, count: Int) {
        self.base = base
        self.count = count
    }

    init(_ buffer: UnsafeBufferPointer<UInt8>) {
        // An empty buffer may have no address; the arbitrary one is never read, because the count is 0.
        self.init(base: buffer.baseAddress ?? UnsafePointer(bitPattern: 1)!, count: buffer.count)
    }

    init(_ text: StaticString) { self.init(base: text.utf8Start, count: text.utf8CodeUnitCount) }

    var isEmpty: Bool { count == 0 }
    var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }
    /// Repaired where it is not valid UTF-8.
    var string: String { String(decoding: buffer, as: UTF8.self) }

    /// 0 outside.
    @inline(__always)
    subscript(index: Int) -> UInt8 { UInt(bitPattern: index) < UInt(bitPattern: count) ? base[index] : 0 }

    /// What lies between the two, as far as there is something.
    @inline(__always)
    func slice(_ start: Int, _ end: Int) -> ByteText {
        let start = min(max(start, 0), count)
        return ByteText(base: base + start, count: max(min(end, count) - start, 0))
    }

    @inline(__always) func from(_ start: Int) -> ByteText { slice(start, count) }
    @inline(__always) func prefix(_ length: Int) -> ByteText { slice(0, length) }

    /// Where this slice begins in the text that it was cut from.
    func offset(in whole: ByteText) -> Int { base - whole.base }

    /// Without spaces, tabs and line breaks at both ends.
    var trimmed: ByteText {
        var start = 0
        var end = count
        while start < end, base[start].isSpace { start += 1 }
        while end > start, base[end - 1].isSpace { end -= 1 }
        return slice(start, end)
    }
}

// MARK: - Searching

extension ByteText {
    /// The first such byte at or after `start`.
    func index(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start >= 0, start < count, let found = memchr(base + start, Int32(byte), count - start) else {
            return nil
        }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    func lastIndex(of byte: UInt8) -> Int? { buffer.lastIndex(of: byte) }

    func contains(_ byte: UInt8) -> Bool { index(of: byte) != nil }

    func index(of word: StaticString, from start: Int = 0) -> Int? {
        var position = start
        while let found = index(of: word.utf8Start[0], from: position) {
            if has(word, at: found) { return found }
            position = found + 1
        }
        return nil
    }

    func contains(_ word: StaticString) -> Bool { index(of: word) != nil }

    /// Whether `word` stands at `start`.
    @inline(__always)
    func has(_ word: StaticString, at start: Int = 0) -> Bool {
        let length = word.utf8CodeUnitCount
        return start >= 0 && count - start >= length && memcmp(base + start, word.utf8Start, length) == 0
    }

    func hasSuffix(_ word: StaticString) -> Bool { has(word, at: count - word.utf8CodeUnitCount) }

    static func == (text: ByteText, word: StaticString) -> Bool {
        text.count == word.utf8CodeUnitCount && text.has(word)
    }

    static func == (a: ByteText, b: ByteText) -> Bool { a.count == b.count && memcmp(a.base, b.base, a.count) == 0 }

    /// `word` is in lower case.
    func equalsIgnoringCase(_ word: StaticString) -> Bool { count == word.utf8CodeUnitCount && hasIgnoringCase(word) }

    /// `word` is in lower case.
    func hasIgnoringCase(_ word: StaticString, at start: Int = 0) -> Bool {
        let length = word.utf8CodeUnitCount
        guard start >= 0, count - start >= length else { return false }
        for index in 0..<length where base[start + index].lowercased != word.utf8Start[index] { return false }
        return true
    }

    /// `word` is in lower case.
    func containsIgnoringCase(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard count >= length else { return false }
        return (0...count - length).contains { hasIgnoringCase(word, at: $0) }
    }
}

// MARK: - Numbers

extension ByteText {
    /// The number made of exactly `length` digits at `start`; nil when one of them is no digit. At most 18 digits.
    @inline(__always)
    func digits(_ length: Int, at start: Int) -> Int? {
        guard start >= 0, count - start >= length else { return nil }
        var value = 0
        for index in start..<start + length {
            let digit = base[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int(digit)
        }
        return value
    }

    /// How many digits stand at `start`.
    func digitRun(at start: Int) -> Int {
        var end = start
        while self[end].isDigit { end += 1 }
        return end - start
    }

    /// The whole text as an unsigned number of at most 18 digits.
    var unsigned: Int? { count > 0 && count <= 18 ? digits(count, at: 0) : nil }
}

extension UInt8 {
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inline(__always) var isUppercase: Bool { self &- 0x41 < 26 }
    @inline(__always) var isWord: Bool { isDigit || isLetter || self == 0x5F }
    @inline(__always) var isSpace: Bool { self == 0x20 || self &- 0x09 < 5 }
    @inline(__always) var isHexDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
    @inline(__always) var lowercased: UInt8 { isUppercase ? self | 0x20 : self }
    /// Of a hexadecimal digit.
    @inline(__always) var hexValue: UInt8 { isDigit ? self &- 0x30 : (self | 0x20) &- 0x57 }
}

extension [UInt8] {
    @inline(__always)
    func withByteText<Result>(_ body: (ByteText) -> Result) -> Result { withUnsafeBufferPointer { body(ByteText($0)) } }
}
