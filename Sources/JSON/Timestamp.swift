/// Times as the API shows them.
package enum Timestamp {
    /// Appends RFC 3339 in UTC with milliseconds: `2025-01-29T08:15:30.007Z`. Years beyond 0000 and 9999 do not exist
    /// there; such a time is shown as the first or the last moment that does.
    package static func append(millisecondsSince1970 milliseconds: Int64, to bytes: inout [UInt8]) {
        let time = min(max(milliseconds, firstMoment), lastMoment)
        let (days, ofDay) = floorDivide(time, by: 86_400_000)
        let date = civilDate(daysSince1970: days)
        append(date.year, digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(date.month, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(date.day, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        append(ofDay / 3_600_000, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(ofDay / 60_000 % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(ofDay / 1_000 % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        append(ofDay % 1_000, digits: 3, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// 0000-01-01T00:00:00.000Z
    private static let firstMoment: Int64 = -62_167_219_200_000
    /// 9999-12-31T23:59:59.999Z
    private static let lastMoment: Int64 = 253_402_300_799_999

    /// The Gregorian date, by counting in 400-year eras of years that begin in March, so that the leap day comes last.
    private static func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, by: 146_097)  // days from 0000-03-01; days in an era
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }

    private static func floorDivide(_ number: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func append(_ number: Int64, digits: Int, to bytes: inout [UInt8]) {
        let text = number.description.utf8
        for _ in 0..<max(0, digits - text.count) { bytes.append(UInt8(ascii: "0")) }
        bytes += text
    }
}
