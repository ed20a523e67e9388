package import Model

/// A part of `ParsedLog.bytes`.
package struct ByteRange: Sendable, Equatable {
    package var start: Int32
    package var end: Int32

    package var isEmpty: Bool { end <= start }
    package static let empty = ByteRange(start: 0, end: 0)
}

/// A name and a value that stood in a line.
package struct LogField: Sendable, Equatable {
    package enum Kind: Sendable { case text, number, literal }

    /// Of a field that the format has at a known place; otherwise the name is in the line.
    enum Name: Sendable {
        case known(StaticString)
        case inLine(ByteRange)
    }

    let name: Name
    package let value: ByteRange
    /// How JSON shows it: numbers and `true`, `false` and `null` as they are, the rest as text.
    package let kind: Kind

    package static func == (a: Self, b: Self) -> Bool {
        guard a.value == b.value, a.kind == b.kind else { return false }
        return switch (a.name, b.name) {
        case (.known(let a), .known(let b)): ByteText(a) == b
        case (.inLine(let a), .inLine(let b)): a == b
        default: false
        }
    }
}

/// What a line says, as ranges of one array of bytes: nothing is copied until somebody asks for text.
package struct ParsedLog: Sendable, Equatable {
    /// So many fields are kept of a line, the first ones.
    package static let maximumFields = 32

    /// The line, and behind it what had to be unescaped.
    package internal(set) var bytes: [UInt8]
    package internal(set) var format = LogFormat.plain
    /// If the line has one.
    package internal(set) var timestamp: WallTime?
    /// What the line says, not what may be guessed from its words.
    package internal(set) var level: LogLevel?
    package internal(set) var componentRange = ByteRange.empty
    package internal(set) var messageRange: ByteRange
    package internal(set) var fields: [LogField] = []

    init(line: [UInt8]) {
        bytes = line
        messageRange = ByteRange(start: 0, end: Int32(clamping: line.count))
    }

    /// What to show as the message: the line without its header.
    package var message: String { text(messageRange) }
    /// Program, logger or service; empty if the line does not tell.
    package var component: String { bytes.withByteText { component(in: $0).string } }

    package func text(_ range: ByteRange) -> String { bytes.withByteText { $0[range].string } }

    package func name(of field: LogField) -> String {
        bytes.withByteText { field.name.bytes(in: $0).string }
    }

    /// The value of the first field of this name.
    package func field(_ name: String) -> String? {
        fields.first { self.name(of: $0) == name }.map { text($0.value) }
    }
}

extension ParsedLog {
    /// `text` is all of `bytes`.
    func component(in text: ByteText) -> ByteText {
        componentRange.isEmpty ? ByteText(format.impliedComponent) : text[componentRange]
    }

    /// Whether a field before this one has the same name, or one that looks the same when its UTF-8 is repaired.
    func hasName(of index: Int) -> Bool {
        bytes.withByteText { text in
            let name = fields[index].name.bytes(in: text)
            let isASCII = name.buffer.allSatisfy { $0 < 0x80 }
            return fields[..<index].contains { field in
                let other = field.name.bytes(in: text)
                return other == name || (!isASCII && other.string.utf8.elementsEqual(name.string.utf8))
            }
        }
    }
}

extension LogField.Name {
    func bytes(in text: ByteText) -> ByteText {
        switch self {
        case .known(let name): ByteText(name)
        case .inLine(let range): text[range]
        }
    }
}

extension [UInt8] {
    subscript(range: ByteRange) -> ArraySlice<UInt8> { self[Int(range.start)..<Int(range.end)] }
}

extension ByteText {
    subscript(range: ByteRange) -> ByteText { slice(Int(range.start), Int(range.end)) }
}

// MARK: - For parsers

extension ParsedLog {
    /// `part` was cut from `line`, which is what this was made of.
    func range(_ part: ByteText, in line: ByteText) -> ByteRange {
        let start = part.offset(in: line)
        return ByteRange(start: Int32(clamping: start), end: Int32(clamping: start + part.count))
    }

    mutating func setMessage(_ part: ByteText, in line: ByteText) { messageRange = range(part, in: line) }
    mutating func setComponent(_ part: ByteText, in line: ByteText) { componentRange = range(part, in: line) }

    mutating func append(_ name: StaticString, _ value: ByteText, in line: ByteText, kind: LogField.Kind = .text) {
        append(LogField(name: .known(name), value: range(value, in: line), kind: kind))
    }

    mutating func append(_ field: LogField) {
        guard fields.count < Self.maximumFields else { return }
        if fields.isEmpty { fields.reserveCapacity(8) }
        fields.append(field)
    }

    /// Puts text behind the line that does not stand in it as it is.
    mutating func store(_ text: some Sequence<UInt8>) -> ByteRange {
        let start = Int32(clamping: bytes.count)
        bytes += text
        return ByteRange(start: start, end: Int32(clamping: bytes.count))
    }
}
