/// What the text of an option must look like.
package enum ValueKind: Sendable {
    /// Any text but the empty one.
    case string
    case integer(ClosedRange<Int>)
    /// `500ms`, `5s`, `2m`, `1h`, `90d` or a number of seconds; the range is in milliseconds.
    case duration(ClosedRange<Int>)
    /// `1048576`, `64MiB`, `10GB`; the range is in bytes.
    case byteSize(ClosedRange<Int>)
    case boolean
    /// `host:port`, IPv6 in brackets.
    case endpoint
    case choice([String])
    /// Comma separated, repeated, or a YAML list; with `allowed`, each item must be one of these.
    case list(allowed: [String]?)
    /// `key=value`, comma separated or repeated, or a YAML mapping. The later of two equal keys wins.
    case pairs
}

extension ValueKind {
    /// One text, as it stands in a flag, a variable or a YAML scalar; nil when it is not what `expectation` says.
    func parse(_ text: String) -> OptionValue? {
        switch self {
        case .string: text.isEmpty ? nil : .text(text)
        case .integer(let range): DecimalNumber.wholeNumber(text).flatMap { Self.number($0, in: range) }
        case .duration(let range): Self.duration(text).flatMap { Self.number($0, in: range) }
        case .byteSize(let range): Self.byteSize(text).flatMap { Self.number($0, in: range) }
        case .boolean: Self.booleans[text.lowercased()].map(OptionValue.flag)
        case .endpoint: Endpoint(text).map(OptionValue.endpoint)
        case .choice(let allowed): allowed.contains(text) ? .text(text) : nil
        case .list, .pairs: parse(items: Self.commaSeparated(text))
        }
    }

    /// Several texts, each one item: nil also for the kinds that take one value only.
    func parse(items: [String]) -> OptionValue? {
        switch self {
        case .list(let allowed):
            items.allSatisfy { !$0.isEmpty && allowed?.contains($0) ?? true } ? .list(items) : nil
        case .pairs: Self.pairs(items).map(OptionValue.pairs)
        default: nil
        }
    }

    /// A YAML mapping.
    func parse(mapping: [String: String]) -> OptionValue? {
        guard case .pairs = self, mapping.keys.allSatisfy({ !$0.isEmpty }) else { return nil }
        return .pairs(mapping)
    }

    var takesSeveral: Bool {
        switch self {
        case .list, .pairs: true
        default: false
        }
    }

    var isBoolean: Bool { if case .boolean = self { true } else { false } }

    static func commaSeparated(_ text: String) -> [String] {
        text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    private static func number(_ number: Int, in range: ClosedRange<Int>) -> OptionValue? {
        range.contains(number) ? .number(number) : nil
    }

    private static func pairs(_ items: [String]) -> [String: String]? {
        var result: [String: String] = [:]
        for item in items {
            guard let equals = item.firstIndex(of: "="), equals != item.startIndex else { return nil }
            result[String(item[..<equals])] = String(item[item.index(after: equals)...])
        }
        return result
    }

    private static let booleans = [
        "true": true, "yes": true, "on": true, "1": true, "false": false, "no": false, "off": false, "0": false,
    ]
}

// MARK: - Units

extension ValueKind {
    private static let durationUnits = [
        "ms": 1, "": 1_000, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]

    private static let sizeUnits = [
        "": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
        "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
    ]

    /// Milliseconds.
    package static func duration(_ text: String) -> Int? {
        let (number, unit) = DecimalNumber.splitUnit(text)
        return durationUnits[String(unit)].flatMap { DecimalNumber.scaled(number, by: $0) }
    }

    private static func byteSize(_ text: String) -> Int? {
        let (number, unit) = DecimalNumber.splitUnit(text)
        return sizeUnits[unit.lowercased()].flatMap { DecimalNumber.scaled(number, by: $0) }
    }

    static func durationText(_ milliseconds: Int) -> String {
        let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        guard let (suffix, scale) = units.first(where: { milliseconds != 0 && milliseconds % $0.1 == 0 }) else {
            return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
        }
        return "\(milliseconds / scale)\(suffix)"
    }

    static func sizeText(_ bytes: Int) -> String {
        let units = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        guard let (suffix, scale) = units.first(where: { bytes != 0 && bytes % $0.1 == 0 }) else { return "\(bytes)" }
        return "\(bytes / scale)\(suffix)"
    }
}

// MARK: - Words

extension ValueKind {
    /// What is allowed, to stand after "expected".
    var expectation: String {
        switch self {
        case .string: "text that is not empty"
        case .integer(let range): "a whole number \(Self.bounds(range) { "\($0)" })"
        case .duration(let range):
            "a duration \(Self.bounds(range, Self.durationText)) (500ms, 5s, 2m, 1h, 1d or a number of seconds)"
        case .byteSize(let range): "a size \(Self.bounds(range, Self.sizeText)) (1048576, 64MiB, 1GB)"
        case .boolean: "true or false"
        case .endpoint: "HOST:PORT, the port from 0 to 65535, an IPv6 address in brackets"
        case .choice(let allowed): "one of \(allowed.joined(separator: ", "))"
        case .list(let allowed?): "a list of \(allowed.joined(separator: ", "))"
        case .list(nil): "a list without empty items"
        case .pairs: "KEY=VALUE, or several with commas between them"
        }
    }

    /// How the value is written in `--help`.
    var placeholder: String {
        switch self {
        case .string: "TEXT"
        case .integer: "N"
        case .duration: "TIME"
        case .byteSize: "SIZE"
        case .boolean: ""
        case .endpoint: "HOST:PORT"
        case .choice(let allowed): allowed.joined(separator: "|")
        case .list(let allowed): allowed?.joined(separator: ",") ?? "LIST"
        case .pairs: "KEY=VALUE"
        }
    }

    private static func bounds(_ range: ClosedRange<Int>, _ text: (Int) -> String) -> String {
        range.upperBound == .max
            ? "of at least \(text(range.lowerBound))"
            : "from \(text(range.lowerBound)) to \(text(range.upperBound))"
    }
}
