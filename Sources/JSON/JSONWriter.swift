/// Writes one JSON text into a byte array. Commas and escapes are its business; the nesting is the caller's closures:
///
///     var writer = JSONWriter()
///     writer.object {
///         $0.member("task_id", task.id.text)
///         $0.member("exit_code", task.exitCode)
///         $0.array("lines") { for line in lines { $0.value(line) } }
///     }
///     send(writer.bytes)
///
/// An optional that is nil is written as `null`.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// The next value or name follows another one.
    private var needsComma = false

    package init(reservingCapacity capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    /// The bytes of one value.
    package static func render(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.bytes
    }
}

// MARK: - Nesting

extension JSONWriter {
    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        nest(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    package mutating func array(_ body: (inout JSONWriter) -> Void) {
        nest(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    /// A member of the object that is open whose value is an object.
    package mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        object(body)
    }

    package mutating func array(_ name: String, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        array(body)
    }

    /// The name of a member of the object that is open; its value follows.
    package mutating func name(_ name: String) {
        beginValue()
        appendString(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func nest(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void) {
        beginValue()
        bytes.append(open)
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func beginValue() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }
}

// MARK: - Values

extension JSONWriter {
    package mutating func value(_ text: String) {
        beginValue()
        appendString(text)
        needsComma = true
    }

    package mutating func value(_ number: some BinaryInteger) { scalar(number.description) }

    package mutating func value(_ flag: Bool) { scalar(flag ? "true" : "false") }

    package mutating func null() { scalar("null") }

    /// The shortest text that reads back as the same number; what is not finite is `null`.
    package mutating func value(_ number: Double) {
        if number.isFinite { scalar(number.description) } else { null() }
    }

    /// Rounded to so many decimals (0 to 6), without trailing zeros; what is not finite is `null`.
    package mutating func value(_ number: Double, decimals: Int) {
        let scale = Self.powersOfTen[decimals]
        let scaled = (number * Double(scale)).rounded()
        guard scaled.magnitude < 0x1p53 else { return value(number) }  // also what is not finite
        let magnitude = UInt64(scaled.magnitude)
        var text = scaled < 0 ? "-" : ""
        text += (magnitude / scale).description
        var fraction = magnitude % scale
        if fraction > 0 {
            var digits = decimals
            while fraction.isMultiple(of: 10) { (fraction, digits) = (fraction / 10, digits - 1) }
            let digitText = fraction.description
            text += "." + String(repeating: "0", count: digits - digitText.utf8.count) + digitText
        }
        scalar(text)
    }

    /// A JSON value that was rendered elsewhere. The caller vouches for it.
    package mutating func raw(_ json: some Collection<UInt8>) {
        beginValue()
        bytes += json
        needsComma = true
    }

    /// RFC 3339, UTC, milliseconds: `"2025-01-29T08:15:30.007Z"`.
    package mutating func timestamp(millisecondsSince1970 milliseconds: Int64) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        Timestamp.append(millisecondsSince1970: milliseconds, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Whatever was parsed, written again.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let flag): self.value(flag)
        case .integer(let number): self.value(number)
        case .unsigned(let number): self.value(number)
        case .double(let number): self.value(number)
        case .string(let text): self.value(text)
        case .array(let elements): array { for element in elements { $0.value(element) } }
        case .object(let object): self.object { for member in object.members { $0.member(member.name, member.value) } }
        }
    }

    private mutating func scalar(_ text: String) {
        beginValue()
        bytes += text.utf8
        needsComma = true
    }

    private static let powersOfTen: [UInt64] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
}

// MARK: - Members

extension JSONWriter {
    package mutating func member(_ name: String, _ text: String?) {
        self.name(name)
        if let text { value(text) } else { null() }
    }

    package mutating func member(_ name: String, _ number: (some BinaryInteger)?) {
        self.name(name)
        if let number { value(number) } else { null() }
    }

    package mutating func member(_ name: String, _ flag: Bool?) {
        self.name(name)
        if let flag { value(flag) } else { null() }
    }

    package mutating func member(_ name: String, _ number: Double?, decimals: Int = 3) {
        self.name(name)
        if let number { value(number, decimals: decimals) } else { null() }
    }

    package mutating func member(_ name: String, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    package mutating func member(_ name: String, raw json: (some Collection<UInt8>)?) {
        self.name(name)
        if let json { raw(json) } else { null() }
    }

    package mutating func member(_ name: String, millisecondsSince1970 milliseconds: Int64?) {
        self.name(name)
        if let milliseconds { timestamp(millisecondsSince1970: milliseconds) } else { null() }
    }
}

// MARK: - Strings

extension JSONWriter {
    /// Copies what needs no escape in runs, which is nearly always the whole text.
    private mutating func appendString(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var run = 0
            for index in utf8.indices where Self.needsEscape(utf8[index]) {
                bytes += utf8[run..<index]
                appendEscape(utf8[index])
                run = index + 1
            }
            bytes += utf8[run...]
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    private mutating func appendEscape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes += "u00".utf8
            bytes.append(Self.hexDigits[Int(byte >> 4)])
            bytes.append(Self.hexDigits[Int(byte & 15)])
        }
    }
}
