import JSON
import Model

// What the decoders take, in the terms of a schema.

extension Schema {
    static let identifier = text(matching: "^[A-Za-z0-9._:@-]{1,\(IdentifierRules.maximumLength)}$")
    /// In a path, where dots alone lead elsewhere.
    static let pathIdentifier = text(
        matching: "^(?![.]{1,2}$)[A-Za-z0-9._:@-]{1,\(IdentifierRules.maximumLength)}$")
    /// The name of a container may have slashes.
    static let resource = text(matching: "^[A-Za-z0-9._:@/-]{1,\(IdentifierRules.maximumLength)}$")

    /// Anything that a URL may have: no control characters, encoded or not.
    static let printable = text(matching: #"^[^\u0000-\u001f\u007f]*$"#)

    /// Text that is not blank, without NULs.
    static func label(upTo bytes: Int) -> Schema {
        Schema(.text(TextRules(pattern: #"^[^\u0000]*[^\s\u0000][^\u0000]*$"#, maximumLength: bytes)))
    }

    /// Text without NULs.
    static func line(upTo bytes: Int) -> Schema {
        Schema(.text(TextRules(pattern: #"^[^\u0000]*$"#, maximumLength: bytes)))
    }

    /// Text with a letter or a digit in it.
    static func words(upTo bytes: Int) -> Schema { Schema(.text(TextRules(format: "words", maximumLength: bytes))) }

    /// `"500ms"`, `"5s"`, `"2m"`, `"1h"`, or a number of seconds.
    static func duration(_ range: ClosedRange<Milliseconds>) -> Schema {
        let seconds = Double(range.lowerBound) / 1_000...Double(range.upperBound) / 1_000
        let (from, to) = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
        return .either(durationText(range), .number(seconds)).about(
            "\(from) to \(to): with its unit (ms, s, m, h), or in seconds")
    }

    /// The same in a query, where all is text. The format says the range, which no pattern can.
    static func durationText(_ range: ClosedRange<Milliseconds>) -> Schema {
        let (from, to) = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
        return Schema(
            .text(TextRules(pattern: #"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$"#, format: "duration:\(from)..\(to)")))
    }

    /// As answers have it.
    static let durationAnswer = text(matching: "^[0-9]+(ms|s|m|h)$")

    /// A moment in a query: seconds since 1970, or RFC 3339.
    static let moment = Schema(.text(TextRules(format: "moment")))
    /// The same, or how long ago.
    static let momentOrAge = Schema(.text(TextRules(format: "moment-or-age")))

    /// One or more of these, between commas.
    static func commaSeparated(_ texts: [String]) -> Schema {
        let one = "(" + texts.map { $0.replacing(".", with: "\\.") }.joined(separator: "|") + ")"
        return text(matching: "^\(one)(,\(one)){0,63}$")
    }
}
