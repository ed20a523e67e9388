/// What stands for things that vary.
enum Mask {
    static let number: StaticString = "<num>"
    static let hex: StaticString = "<hex>"
    static let uuid: StaticString = "<uuid>"
    static let address: StaticString = "<ip>"
    static let path: StaticString = "<path>"
    static let url: StaticString = "<url>"
    static let identifier: StaticString = "<id>"
    static let string: StaticString = "<str>"
    /// A word that was found to vary.
    static let any: StaticString = "<*>"

    /// Nil for a word that merely has digits in it.
    static func of(_ chunk: ByteText) -> StaticString? {
        if chunk[0] == UInt8(ascii: "/") { return chunk.count > 1 ? path : nil }
        if chunk[0].isDigit || chunk[0] == UInt8(ascii: "-") || chunk[0] == UInt8(ascii: "+") {
            if isNumber(chunk) { return number }
            if isIPv4(chunk) { return address }
        }
        if isUUID(chunk) { return uuid }
        if isHex(chunk) { return hex }
        return isIPv6(chunk) ? address : nil
    }

    /// `-12`, `3.5`, `15:34:26`, `2026-11-23`, `90%`, `12ms`, `4096MiB`: digits in groups, and a unit.
    private static func isNumber(_ chunk: ByteText) -> Bool {
        var position = chunk[0].isDigit ? 0 : 1
        var dots = 0
        while position < chunk.count {
            let digits = chunk.digitRun(at: position)
            guard digits > 0 else { return false }
            position += digits
            let byte = chunk[position]
            guard
                byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: "/")
            else { break }
            if byte == UInt8(ascii: ".") { dots += 1 }
            position += 1
        }
        if dots >= 3 { return false }
        if chunk[position] == UInt8(ascii: "%") { position += 1 }
        var unit = 0
        while chunk[position + unit].isLetter || chunk[position + unit] >= 0x80 { unit += 1 }
        return unit <= 3 && position + unit == chunk.count && !(unit > 0 && chunk[0] == 0x30 && position == 1)
    }

    /// `192.0.2.1`, with a port or a prefix length.
    static func isIPv4(_ chunk: ByteText) -> Bool {
        var position = 0
        for part in 0..<4 {
            let digits = chunk.digitRun(at: position)
            guard (1...3).contains(digits), let value = chunk.digits(digits, at: position), value < 256 else {
                return false
            }
            position += digits
            if part < 3 {
                guard chunk[position] == UInt8(ascii: ".") else { return false }
                position += 1
            }
        }
        if chunk[position] == UInt8(ascii: ":") || chunk[position] == UInt8(ascii: "/") {
            position += 1 + chunk.digitRun(at: position + 1)
        }
        return position == chunk.count
    }

    static func isIPv6(_ chunk: ByteText) -> Bool {
        guard chunk.count >= 3, chunk.count <= 45 else { return false }
        var colons = 0
        for byte in chunk.buffer {
            if byte == UInt8(ascii: ":") {
                colons += 1
            } else if !byte.isHexDigit, byte != UInt8(ascii: ".") {
                return false
            }
        }
        return colons >= 2
    }

    private static func isUUID(_ chunk: ByteText) -> Bool {
        guard chunk.count == 36 else { return false }
        for index in 0..<36 {
            let isDash = index == 8 || index == 13 || index == 18 || index == 23
            guard isDash ? chunk[index] == UInt8(ascii: "-") : chunk[index].isHexDigit else { return false }
        }
        return true
    }

    /// `0x7f3a`, and eight or more hexadecimal digits of which at least two are digits.
    private static func isHex(_ chunk: ByteText) -> Bool {
        let start = chunk[0] == UInt8(ascii: "0") && chunk[1] | 0x20 == UInt8(ascii: "x") ? 2 : 0
        guard chunk.count - start >= (start == 2 ? 1 : 8) else { return false }
        let rest = chunk.from(start).buffer
        return rest.allSatisfy(\.isHexDigit) && (start == 2 || rest.count(where: \.isDigit) >= 2)
    }
}
