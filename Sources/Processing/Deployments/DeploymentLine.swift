/// A line of output without colours and cursor movements, and its first words. It borrows the bytes: valid only inside
/// the `withLine` that made it.
struct DeploymentLine {
    /// Without spaces at both ends.
    let text: ByteText
    let isIndented: Bool
    /// Of the words, at most `wordsSeen`.
    let wordCount: Int
    private var words: (ByteText, ByteText, ByteText, ByteText)
    private var starts: (Int, Int, Int, Int)

    /// Bytes of a line that are looked at.
    static let maximumLength = 2_048
    static let wordsSeen = 4

    /// Calls the body with the line; nothing is copied unless there are control characters in it.
    static func withLine<Result>(_ raw: UnsafeRawBufferPointer, _ body: (DeploymentLine) -> Result) -> Result {
        let raw = UnsafeRawBufferPointer(rebasing: raw.prefix(maximumLength))
        guard hasControls(raw) else {
            return raw.withMemoryRebound(to: UInt8.self) { body(DeploymentLine(ByteText($0))) }
        }
        return withoutControls(raw).withByteText { body(DeploymentLine($0)) }
    }

    private init(_ plain: ByteText) {
        isIndented = plain[0] == UInt8(ascii: " ")
        text = plain.trimmed
        let none = text.slice(0, 0)
        words = (none, none, none, none)
        starts = (0, 0, 0, 0)
        var found = 0
        var position = 0
        while found < Self.wordsSeen, position < text.count {
            let end = text.index(of: UInt8(ascii: " "), from: position) ?? text.count
            let word = text.slice(position, end)
            switch found {
            case 0: (words.0, starts.0) = (word, position)
            case 1: (words.1, starts.1) = (word, position)
            case 2: (words.2, starts.2) = (word, position)
            default: (words.3, starts.3) = (word, position)
            }
            found += 1
            position = end
            while text[position] == UInt8(ascii: " ") { position += 1 }
        }
        wordCount = found
    }

    /// The first four of them, from 0; empty where there is none. Separated by any number of spaces.
    func word(_ index: Int) -> ByteText {
        switch index {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        case 3: words.3
        default: text.slice(0, 0)
        }
    }

    /// From the word with this number on, as it stands there.
    func rest(_ index: Int) -> ByteText {
        guard index < wordCount else { return text.slice(0, 0) }
        switch index {
        case 0: return text
        case 1: return text.from(starts.1)
        case 2: return text.from(starts.2)
        default: return text.from(starts.3)
        }
    }

    /// The last of its words.
    var lastWord: ByteText { text.from((text.lastIndex(of: UInt8(ascii: " ")) ?? -1) + 1) }

    /// Looks at all of it, without a way out in between: so it is done many bytes at a time.
    private static func hasControls(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var found = false
        for byte in bytes { found = found || byte < 0x20 || byte == 0x7f }
        return found
    }

    /// Removes control sequences (ECMA-48, 5.4: ESC `[`, parameters, a final byte) and other control characters.
    private static func withoutControls(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            if byte == 0x1b {
                guard let next = rest.next(), next == UInt8(ascii: "[") else { continue }
                while let parameter = rest.next(), !(0x40...0x7e).contains(parameter) {}
            } else if byte == 0x09 {
                kept.append(0x20)
            } else if byte >= 0x20, byte != 0x7f {
                kept.append(byte)
            }
        }
        return kept
    }
}

extension ByteText {
    /// For `switch`.
    @inline(__always)
    static func ~= (word: StaticString, text: ByteText) -> Bool { text == word }

    /// What stands between the two, at their first places.
    func between(_ before: StaticString, _ after: StaticString) -> ByteText? {
        guard let start = index(of: before).map({ $0 + before.utf8CodeUnitCount }),
            let end = index(of: after, from: start)
        else { return nil }
        return slice(start, end)
    }

    func after(_ prefix: StaticString) -> ByteText? { has(prefix) ? from(prefix.utf8CodeUnitCount) : nil }

    /// Of `2/4`, both numbers.
    var fraction: (Int, Int)? {
        guard let slash = index(of: UInt8(ascii: "/")), let first = prefix(slash).unsigned,
            let second = from(slash + 1).unsigned
        else { return nil }
        return (first, second)
    }

    /// At most so many bytes of it, and a sign that there is more.
    func string(upTo limit: Int) -> String {
        guard count > limit else { return string }
        var end = limit - 3  // the bytes of the sign
        while end > 0, self[end] & 0xC0 == 0x80 { end -= 1 }
        return prefix(end).string + "…"
    }
}
