import Testing
import Wire

@Suite("JSON strings")
struct JSONTextTests {
    static let cases: [(bytes: [UInt8], json: String)] = [
        ([], #""""#),
        ([0], #""\u0000""#),
        ([0x01, 0x1F, 0x7F], "\"\\u0001\\u001f\u{7F}\""),
        (Array("\u{8}\t\n\u{C}\r".utf8), #""\b\t\n\f\r""#),
        (Array("\"\\/".utf8), #""\"\\/""#),
        (Array("é€😀".utf8), #""é€😀""#),
        (
            Array("\u{2028}\u{2029}\u{FEFF}\u{FFFD}\u{FFFF}\u{10FFFF}".utf8),
            "\"\u{2028}\u{2029}\u{FEFF}\u{FFFD}\u{FFFF}\u{10FFFF}\""
        ),
        // Lone and surplus continuation bytes: one mark each.
        ([0x80], "\"\u{FFFD}\""),
        ([0xC3, 0xA9, 0xA9], "\"é\u{FFFD}\""),
        // Cut short: one mark for what was there.
        ([0xC3], "\"\u{FFFD}\""),
        ([0xE2, 0x82], "\"\u{FFFD}\""),
        ([0xE2, 0x82, 0x41], "\"\u{FFFD}A\""),
        ([0xF0, 0x9F, 0x98], "\"\u{FFFD}\""),
        ([0xF0, 0x9F, 0x98, 0x22], "\"\u{FFFD}\\\"\""),
        // Overlong forms, surrogates and numbers over 10FFFF: the second byte can belong to nothing.
        ([0xC0, 0x80], "\"\u{FFFD}\u{FFFD}\""),
        ([0xC1, 0xBF], "\"\u{FFFD}\u{FFFD}\""),
        ([0xE0, 0x80, 0xAF], "\"\u{FFFD}\u{FFFD}\u{FFFD}\""),
        ([0xED, 0xA0, 0x80], "\"\u{FFFD}\u{FFFD}\u{FFFD}\""),
        ([0xF0, 0x80, 0x80, 0xAF], "\"\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\""),
        ([0xF4, 0x90, 0x80, 0x80], "\"\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\""),
        ([0xF5, 0x80], "\"\u{FFFD}\u{FFFD}\""),
        ([0xFE, 0xFF], "\"\u{FFFD}\u{FFFD}\""),
        // The example of the Unicode Standard, table 3-8.
        (
            [0x61, 0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2, 0x62, 0x80, 0x63, 0x80, 0xBF, 0x64],
            "\"a\u{FFFD}\u{FFFD}\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}d\""
        ),
    ]

    @Test("every trap of Unicode and JSON", arguments: cases)
    func traps(_ trap: (bytes: [UInt8], json: String)) {
        #expect(Array(rendered(trap.bytes)) == Array(trap.json.utf8))
    }

    @Test("the same at every place of a longer text, and at its end", arguments: cases)
    func trapsInContext(_ trap: (bytes: [UInt8], json: String)) {
        let inner = trap.json.utf8.dropFirst().dropLast()
        for before in 0..<17 {
            for after in [0, 1, 7, 8, 20] {
                let head = [UInt8](repeating: 0x61, count: before), tail = [UInt8](repeating: 0x7A, count: after)
                let expected = [0x22] + head + inner + tail + [0x22]
                #expect(Array(rendered(head + trap.bytes + tail)) == expected)
            }
        }
    }

    @Test("agrees with a plain implementation on random texts")
    func differential() {
        var random = SeededRandom()
        let parts: [[UInt8]] =
            Self.cases.map(\.bytes) + ["plain ascii text", "日本語", "🇳🇴", "\r\n"].map { Array($0.utf8) }
        for _ in 0..<3_000 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                text += Bool.random(using: &random) ? parts.randomElement(using: &random)! : random.bytes(upTo: 12)
            }
            #expect(rendered(text) == reference(text), "\(random.note)")
        }
    }

    @Test("repairing changes nothing but what is ill-formed")
    func repair() {
        let bytes: [UInt8] = Array("\"a\\\n\0é".utf8) + [0xFF, 0xE2, 0x82]
        let buffer = WireBuffer()
        bytes.withUnsafeBytes { buffer.append(repairing: $0) }
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\"a\\\n\0é\u{FFFD}\u{FFFD}")
    }

    private func rendered(_ bytes: [UInt8]) -> [UInt8] {
        let buffer = WireBuffer()
        bytes.withUnsafeBytes { buffer.appendJSONString($0) }
        return buffer.bytes
    }

    /// Swift's own decoder repairs in the same way.
    private func reference(_ bytes: [UInt8]) -> [UInt8] {
        var json = "\""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"": json += #"\""#
            case "\\": json += #"\\"#
            case "\n": json += #"\n"#
            case "\r": json += #"\r"#
            case "\t": json += #"\t"#
            case "\u{8}": json += #"\b"#
            case "\u{C}": json += #"\f"#
            case "\0"..<" ":
                let hex = String(scalar.value, radix: 16)
                json += #"\u"# + String(repeating: "0", count: 4 - hex.count) + hex
            default: json.unicodeScalars.append(scalar)
            }
        }
        return Array((json + "\"").utf8)
    }
}
