import Model

/// A line as the rules see it. Borrows, like `ByteText`.
struct ThreatLine {
    /// All of the line.
    let text: ByteText
    let message: ByteText
    /// Program; empty if unknown.
    let component: ByteText
    let format: LogFormat
    /// That stand anywhere in the line.
    let keywords: KeywordSet
    /// What a web server was asked, if the line tells.
    let request: WebRequest?
    /// Milliseconds since 1970: of the line, never later than now.
    let time: Int64
}

extension ThreatLine {
    /// Whether the line is of this program, as far as that is known.
    func mayBe(_ program: StaticString) -> Bool { component.isEmpty || component.has(program) }

    func isOf(_ program: StaticString) -> Bool { component == program }

    /// The address behind the last ` from ` (user names may contain one), of OpenSSH.
    var peer: ByteText? {
        var found: Int?
        var position = 0
        while let next = message.index(of: " from ", from: position) {
            found = next + 6
            position = next + 6
        }
        return found.flatMap { address(at: $0) }
    }

    /// The value of `name=`, up to a space.
    func value(after name: StaticString) -> ByteText? {
        guard let found = message.index(of: name) else { return nil }
        return message.word(at: found + name.utf8CodeUnitCount)
    }

    func address(at start: Int) -> ByteText? {
        let word = message.word(at: start)
        return Mask.isIPv4(word) || Mask.isIPv6(word) ? word : nil
    }
}

extension ByteText {
    /// Up to the next space, comma, semicolon or closing bracket.
    func word(at start: Int) -> ByteText {
        var end = start
        while end < count, !self[end].isSpace, self[end] != UInt8(ascii: ","), self[end] != UInt8(ascii: ";"),
            self[end] != UInt8(ascii: "]"), self[end] != UInt8(ascii: ")")
        {
            end += 1
        }
        return slice(start, end)
    }
}
