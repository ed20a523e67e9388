package import Model

/// Moments as they are written in requests: seconds since 1970 (`1738138530`, `1738138530.007`) or RFC 3339
/// (`2025-01-29T08:15:30.007Z`), from 1970 to 9999. What is finer than a millisecond is left out.
package enum TimeText {
    package static func parse(_ text: String) -> WallTime? {
        let milliseconds = parseUnixSeconds(text) ?? parseRFC3339(text)
        guard let milliseconds, (0...lastMoment).contains(milliseconds) else { return nil }
        return WallTime(millisecondsSince1970: milliseconds)
    }

    /// 9999-12-31T23:59:59.999Z
    private static let lastMoment: Int64 = 253_402_300_799_999

    private static func parseUnixSeconds(_ text: String) -> Int64? {
        let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        guard isDecimal, text.first != ".", text.last != ".", let seconds = Double(text) else { return nil }
        return Int64(exactly: (seconds * 1_000).rounded())
    }

    private static func parseRFC3339(_ text: String) -> Int64? {
        var scanner = TimeScanner(text)
        guard let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), (1...12).contains(month), scanner.skip("-"),
            let day = scanner.number(digits: 2), day >= 1, day <= daysIn(month: month, of: year), scanner.skip("Tt "),
            let ofDay = parseTimeOfDay(&scanner), let offset = parseOffset(&scanner), scanner.isAtEnd
        else { return nil }
        return daysSince1970(year, month, day) * 86_400_000 + ofDay - offset
    }

    /// In milliseconds. A leap second is the first second of the next minute.
    private static func parseTimeOfDay(_ scanner: inout TimeScanner) -> Int64? {
        guard let hour = scanner.number(digits: 2), hour < 24, scanner.skip(":"),
            let minute = scanner.number(digits: 2), minute < 60, scanner.skip(":"),
            let second = scanner.number(digits: 2), second <= 60, let fraction = scanner.millisecondsOfFraction()
        else { return nil }
        return (hour * 3_600 + minute * 60 + second) * 1_000 + fraction
    }

    /// East of Greenwich, in milliseconds. A `+` that was not percent-encoded has become a space by now, and nothing else
    /// can be meant by one here.
    private static func parseOffset(_ scanner: inout TimeScanner) -> Int64? {
        if scanner.skip("Zz") { return 0 }
        let isEast = scanner.skip("+ ")
        guard isEast || scanner.skip("-"), let hours = scanner.number(digits: 2), hours < 24, scanner.skip(":"),
            let minutes = scanner.number(digits: 2), minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isEast ? 60_000 : -60_000)
    }

    private static func daysIn(month: Int64, of year: Int64) -> Int64 {
        let (next, nextYear) = month == 12 ? (1, year + 1) : (month + 1, year)
        return daysSince1970(nextYear, next, 1) - daysSince1970(year, month, 1)
    }

    /// In the Gregorian calendar, by counting in 400-year eras of years that begin in March.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let era = (yearFromMarch >= 0 ? yearFromMarch : yearFromMarch - 399) / 400
        let yearOfEra = yearFromMarch - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// Reads the parts of a time one after the other.
private struct TimeScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    /// Over one byte, if it is one of these.
    mutating func skip(_ characters: StaticString) -> Bool {
        guard let byte = rest.first else { return false }
        let isOneOfThem = characters.withUTF8Buffer { $0.contains(byte) }
        if isOneOfThem { rest.removeFirst() }
        return isOneOfThem
    }

    /// Exactly so many digits.
    mutating func number(digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// 0 where there is no fraction; nil where it has no digits.
    mutating func millisecondsOfFraction() -> Int64? {
        guard skip(".") else { return 0 }
        guard var milliseconds = digit() else { return nil }
        var count = 1
        while let digit = digit() {
            if count < 3 { milliseconds = milliseconds * 10 + digit }
            count += 1
        }
        while count < 3 { (milliseconds, count) = (milliseconds * 10, count + 1) }
        return milliseconds
    }

    private mutating func digit() -> Int64? {
        guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
        rest.removeFirst()
        return Int64(byte - 0x30)
    }
}
