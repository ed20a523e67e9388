import Model

/// A day of the Gregorian calendar.
struct CivilDate {
    var year: Int
    /// From 1.
    var month: Int
    /// From 1.
    var day: Int

    /// Nil for days that do not exist. Counts in 400-year eras of years that begin in March.
    var daysSince1970: Int? {
        guard (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year) else { return nil }
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func year(of time: WallTime) -> Int {
        let days = Int((Double(time.millisecondsSince1970) / 86_400_000).rounded(.down))
        var year = 1970 + Int((Double(days) / 365.2425).rounded(.down))
        if let first = CivilDate(year: year + 1, month: 1, day: 1).daysSince1970, first <= days { year += 1 }
        if let first = CivilDate(year: year, month: 1, day: 1).daysSince1970, first > days { year -= 1 }
        return year
    }

    /// `Jan` to `Dec`.
    static func month(named text: ByteText, at start: Int) -> Int? {
        switch (text[start], text[start + 1], text[start + 2]) {
        case (0x4A, 0x61, 0x6E): 1  // Jan
        case (0x46, 0x65, 0x62): 2  // Feb
        case (0x4D, 0x61, 0x72): 3  // Mar
        case (0x41, 0x70, 0x72): 4  // Apr
        case (0x4D, 0x61, 0x79): 5  // May
        case (0x4A, 0x75, 0x6E): 6  // Jun
        case (0x4A, 0x75, 0x6C): 7  // Jul
        case (0x41, 0x75, 0x67): 8  // Aug
        case (0x53, 0x65, 0x70): 9  // Sep
        case (0x4F, 0x63, 0x74): 10  // Oct
        case (0x4E, 0x6F, 0x76): 11  // Nov
        case (0x44, 0x65, 0x63): 12  // Dec
        default: nil
        }
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
