/// Takes escapes out of quoted text. What is malformed is kept as it stands: it is a log line, not a program.
enum Unescape {
    /// Of JSON; lone surrogates become U+FFFD.
    static func json(_ text: ByteText) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            guard text[position] == UInt8(ascii: "\\") else {
                result.append(text[position])
                position += 1
                continue
            }
            switch text[position + 1] {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "u"):
                appendUnicode(text, &position, to: &result)
                continue
            case let byte where position + 1 < text.count: result.append(byte)
            default: result.append(UInt8(ascii: "\\"))
            }
            position += 2
        }
        return result
    }

    /// Percent-encoding and `+`, of queries and paths.
    static func percent(_ text: ByteText, into result: inout [UInt8]) {
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "%"), text[position + 1].isHexDigit, text[position + 2].isHexDigit {
                result.append(text[position + 1].hexValue << 4 | text[position + 2].hexValue)
                position += 3
            } else {
                result.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
                position += 1
            }
        }
    }

    private static func appendUnicode(_ text: ByteText, _ position: inout Int, to result: inout [UInt8]) {
        guard let unit = hexUnit(text, at: position + 2) else {
            result.append(UInt8(ascii: "\\"))
            position += 1
            return
        }
        position += 6
        var scalar = Unicode.Scalar(unit)
        if scalar == nil, UTF16.isLeadSurrogate(unit), text.has("\\u", at: position),
            let trail = hexUnit(text, at: position + 2), UTF16.isTrailSurrogate(trail)
        {
            scalar = UTF16.decode(UTF16.EncodedScalar([unit, trail]))
            position += 6
        }
        result += String(scalar ?? "\u{FFFD}").utf8
    }

    private static func hexUnit(_ text: ByteText, at start: Int) -> UInt16? {
        var unit: UInt16 = 0
        for index in start..<start + 4 {
            guard text[index].isHexDigit else { return nil }
            unit = unit << 4 | UInt16(text[index].hexValue)
        }
        return unit
    }
}
