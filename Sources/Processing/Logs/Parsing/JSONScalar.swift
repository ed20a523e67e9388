/// Numbers, `true`, `false` and `null`, checked well enough to be written into JSON again as they are.
enum JSONScalar {
    static func mayContain(_ byte: UInt8) -> Bool {
        byte.isDigit || byte.isLetter || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: ".")
    }

    static func isValid(_ text: ByteText) -> Bool {
        text == "true" || text == "false" || text == "null" || isGrammatical(text)
    }

    /// Whether it is a number that every reader of JSON can hold: at most 40 characters, an exponent of two characters.
    static func isNumber(_ text: ByteText) -> Bool {
        guard text.count <= 40, isGrammatical(text) else { return false }
        guard let exponent = text.index(of: UInt8(ascii: "e")) ?? text.index(of: UInt8(ascii: "E")) else { return true }
        return text.count - exponent <= 3
    }

    /// A number by the grammar of RFC 8259.
    private static func isGrammatical(_ text: ByteText) -> Bool {
        var position = text[0] == UInt8(ascii: "-") ? 1 : 0
        let whole = text.digitRun(at: position)
        guard whole == 1 || (whole > 1 && text[position] != UInt8(ascii: "0")) else { return false }
        position += whole
        if text[position] == UInt8(ascii: ".") {
            let fraction = text.digitRun(at: position + 1)
            guard fraction > 0 else { return false }
            position += 1 + fraction
        }
        if text[position] | 0x20 == UInt8(ascii: "e") {
            position += text[position + 1] == UInt8(ascii: "+") || text[position + 1] == UInt8(ascii: "-") ? 2 : 1
            let exponent = text.digitRun(at: position)
            guard exponent > 0 else { return false }
            position += exponent
        }
        return position == text.count
    }
}
