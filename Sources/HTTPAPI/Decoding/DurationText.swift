package import JSON
package import Model

/// Lengths of time as they are written in requests and answers.
package enum DurationText {
    private static let units: [(suffix: String, milliseconds: Milliseconds)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000),
    ]
    /// A hundred years: keeps everything that is computed from a duration far from overflowing.
    private static let maximum: Double = 3_155_760_000_000

    /// `"500ms"`, `"1.5s"`, `"2m"`, `"1h"`, or a number of seconds; rounded to milliseconds. Nil for anything else, and
    /// for what is negative or longer than a hundred years.
    package static func parse(_ value: JSONValue) -> Milliseconds? {
        if let seconds = value.double { return milliseconds(seconds, times: 1_000) }
        return value.string.flatMap(parse)
    }

    package static func parse(_ text: String) -> Milliseconds? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let unit = units.first(where: { $0.suffix == text[digits.endIndex...] }) else { return nil }
        guard digits.first != ".", digits.last != ".", let number = Double(digits) else { return nil }
        return milliseconds(number, times: unit.milliseconds)
    }

    /// With the largest unit that needs no fraction: `"1500ms"`, `"5s"`, `"2m"`.
    package static func text(_ duration: Milliseconds) -> String {
        guard duration > 0 else { return "0s" }
        let unit = units.last { duration.isMultiple(of: $0.milliseconds) }!  // every number is a multiple of the first
        return "\(duration / unit.milliseconds)\(unit.suffix)"
    }

    private static func milliseconds(_ number: Double, times factor: Milliseconds) -> Milliseconds? {
        let product = (number * Double(factor)).rounded()
        return product >= 0 && product <= maximum ? Int(product) : nil
    }
}
