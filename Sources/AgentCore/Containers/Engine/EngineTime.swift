/// Times as the engine writes them: `2024-05-06T07:08:09.123456789Z`, with any fraction and any zone.
enum EngineTime {
    /// Nanoseconds since 1970; nil for what is no such time, or one before 1970 or after 2261.
    static func parse(_ bytes: some Collection<UInt8>) -> UInt64? {
        let bytes = Array(bytes)
        guard bytes.count >= 20, bytes[4] == dash, bytes[7] == dash, bytes[13] == colon, bytes[16] == colon,
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]),
            (1970...2261).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var place = 19
        guard let fraction = fraction(of: bytes, &place), let zone = zone(of: bytes[place...]) else { return nil }
        let days = days(year, month, day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - zone
        return seconds < 0 ? nil : UInt64(seconds) * 1_000_000_000 + UInt64(fraction)
    }

    private static let dash = UInt8(ascii: "-")
    private static let colon = UInt8(ascii: ":")

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    /// In nanoseconds; what is finer is cut off.
    private static func fraction(of bytes: [UInt8], _ place: inout Int) -> Int? {
        guard place < bytes.count, bytes[place] == UInt8(ascii: ".") else { return 0 }
        let digits = bytes[(place + 1)...].prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty, let value = number(digits.prefix(9)) else { return nil }
        place += 1 + digits.count
        return (digits.count..<max(digits.count, 9)).reduce(value) { value, _ in value * 10 }
    }

    /// Seconds east of Greenwich.
    private static func zone(of bytes: ArraySlice<UInt8>) -> Int? {
        guard let sign = bytes.first else { return nil }
        if sign == UInt8(ascii: "Z") { return bytes.count == 1 ? 0 : nil }
        let start = bytes.startIndex
        guard sign == UInt8(ascii: "+") || sign == dash, bytes.count == 6, bytes[start + 3] == colon,
            let hours = number(bytes[(start + 1)..<(start + 3)]),
            let minutes = number(bytes[(start + 4)..<(start + 6)])
        else { return nil }
        return (sign == dash ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }

    /// From 1970-01-01, by the Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }

    /// Seconds with nine decimals, as the engine takes them for `since`.
    static func text(nanoseconds: UInt64) -> String {
        let fraction = String(nanoseconds % 1_000_000_000)
        return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.utf8.count) + fraction
    }
}
