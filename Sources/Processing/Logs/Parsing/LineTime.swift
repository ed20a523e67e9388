import Model

/// What is needed to understand times that do not say everything.
struct TimeContext {
    /// Gives the year where a line has none.
    var now: WallTime
    /// Of the host, for times without a zone.
    var utcOffsetMinutes: Int
}

/// A time at the beginning of a text, and where it ended.
struct LineTime {
    var time: WallTime
    var end: Int
}

extension LineTime {
    /// `2026-01-02T03:04:05`, also with a space or underscore between, slashes, a fraction behind `.` or `,`, and a
    /// zone (`Z`, `+02`, `+0200`, `+02:00`, also behind a space).
    init?(calendarIn text: ByteText, at start: Int = 0, context: TimeContext) {
        let separator = text[start + 4]
        guard separator == UInt8(ascii: "-") || separator == UInt8(ascii: "/"), text[start + 7] == separator,
            let year = text.digits(4, at: start), let month = text.digits(2, at: start + 5),
            let day = text.digits(2, at: start + 8), Self.isBetweenDateAndTime(text[start + 10]),
            let clock = ClockTime(text, at: start + 11),
            let days = CivilDate(year: year, month: month, day: day).daysSince1970
        else { return nil }
        var end = clock.end
        let offset = Self.zone(text, at: &end) ?? context.utcOffsetMinutes
        self.init(days: days, clock: clock, offsetMinutes: offset, end: end)
    }

    /// `Nov 23 15:34:10`, with the year that makes it the latest time not more than a day ahead.
    init?(syslogIn text: ByteText, at start: Int = 0, context: TimeContext) {
        guard let month = CivilDate.month(named: text, at: start), text[start + 3] == UInt8(ascii: " "),
            let day = text[start + 4] == UInt8(ascii: " ")
                ? text.digits(1, at: start + 5) : text.digits(2, at: start + 4),
            text[start + 6] == UInt8(ascii: " "), let clock = ClockTime(text, at: start + 7)
        else { return nil }
        self.init(month: month, day: day, clock: clock, context: context)
    }

    /// `1123 15:34:10.123456`, of klog.
    init?(klogIn text: ByteText, at start: Int, context: TimeContext) {
        guard let month = text.digits(2, at: start), let day = text.digits(2, at: start + 2),
            text[start + 4] == UInt8(ascii: " "), let clock = ClockTime(text, at: start + 5)
        else { return nil }
        self.init(month: month, day: day, clock: clock, context: context)
    }

    /// `23/Nov/2026:15:34:25 +0000`, of web servers.
    init?(accessLogIn text: ByteText, at start: Int, context: TimeContext) {
        guard let day = text.digits(2, at: start), text[start + 2] == UInt8(ascii: "/"),
            let month = CivilDate.month(named: text, at: start + 3), text[start + 6] == UInt8(ascii: "/"),
            let year = text.digits(4, at: start + 7), text[start + 11] == UInt8(ascii: ":"),
            let clock = ClockTime(text, at: start + 12),
            let days = CivilDate(year: year, month: month, day: day).daysSince1970
        else { return nil }
        var end = clock.end
        let offset = Self.zone(text, at: &end) ?? context.utcOffsetMinutes
        self.init(days: days, clock: clock, offsetMinutes: offset, end: end)
    }

    /// A number since 1970: seconds, milliseconds, microseconds or nanoseconds, by its size; seconds may have a
    /// fraction.
    init?(epochIn text: ByteText) {
        let whole = text.digitRun(at: 0)
        guard (9...19).contains(whole), let leading = text.digits(min(whole, 18), at: 0) else { return nil }
        let milliseconds: Int
        var end = whole
        switch whole {
        case 9...11:
            let fraction = Fraction(text, at: whole)
            milliseconds = leading * 1_000 + fraction.milliseconds
            end = fraction.end
        case 12...14: milliseconds = leading
        case 15...17: milliseconds = leading / 1_000
        case 18: milliseconds = leading / 1_000_000
        default: milliseconds = leading / 100_000  // 19 digits, of which 18 were read
        }
        self.init(time: WallTime(millisecondsSince1970: Int64(milliseconds)), end: end)
    }

    /// Any time that a field may hold: a date, or a number since 1970. Nothing may follow it.
    init?(fieldIn text: ByteText, context: TimeContext) {
        guard let found = LineTime(calendarIn: text, context: context) ?? LineTime(epochIn: text),
            found.end == text.count || text.slice(found.end, text.count).trimmed.isEmpty
                || text[found.end] == UInt8(ascii: ".")
        else { return nil }
        self = found
    }

    private init(days: Int, clock: ClockTime, offsetMinutes: Int, end: Int) {
        let milliseconds = days * 86_400_000 + clock.milliseconds - offsetMinutes * 60_000
        self.init(time: WallTime(millisecondsSince1970: Int64(milliseconds)), end: end)
    }

    private init?(month: Int, day: Int, clock: ClockTime, context: TimeContext) {
        let latest = context.now + 86_400_000
        let thisYear = CivilDate.year(of: context.now)
        for year in stride(from: thisYear + 1, through: thisYear - 4, by: -1) {
            guard let days = CivilDate(year: year, month: month, day: day).daysSince1970 else { continue }
            let found = LineTime(
                days: days, clock: clock, offsetMinutes: context.utcOffsetMinutes, end: clock.end)
            if found.time < latest {
                self = found
                return
            }
        }
        return nil
    }

    private static func isBetweenDateAndTime(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "T") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "t") || byte == UInt8(ascii: "_")
    }

    /// Minutes east of UTC; steps over the zone.
    private static func zone(_ text: ByteText, at end: inout Int) -> Int? {
        if text[end] == UInt8(ascii: "Z") || text[end] == UInt8(ascii: "z") {
            end += 1
            return 0
        }
        let start = text[end] == UInt8(ascii: " ") ? end + 1 : end
        let sign = text[start]
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = text.digits(2, at: start + 1),
            hours <= 14
        else { return nil }
        let behind = text[start + 3] == UInt8(ascii: ":") ? start + 4 : start + 3
        let minutes = text.digits(2, at: behind)
        // " -05 " with nothing behind may be anything else, such as a number of its own.
        if minutes == nil, start > end { return nil }
        end = minutes == nil ? start + 3 : behind + 2
        let offset = hours * 60 + (minutes ?? 0)
        return sign == UInt8(ascii: "-") ? -offset : offset
    }
}

/// `15:34:10` and a fraction.
private struct ClockTime {
    var milliseconds: Int
    var end: Int

    init?(_ text: ByteText, at start: Int) {
        guard let hour = text.digits(2, at: start), hour < 24, text[start + 2] == UInt8(ascii: ":"),
            let minute = text.digits(2, at: start + 3), minute < 60, text[start + 5] == UInt8(ascii: ":"),
            let second = text.digits(2, at: start + 6), second < 61
        else { return nil }
        let fraction = Fraction(text, at: start + 8)
        milliseconds = (hour * 3_600 + minute * 60 + second) * 1_000 + fraction.milliseconds
        end = fraction.end
    }
}

/// `.123456` or `,123`; 0 where there is none.
private struct Fraction {
    var milliseconds = 0
    var end: Int

    init(_ text: ByteText, at start: Int) {
        end = start
        guard text[start] == UInt8(ascii: ".") || text[start] == UInt8(ascii: ","), text[start + 1].isDigit else {
            return
        }
        end = start + 1 + text.digitRun(at: start + 1)
        for index in 1...3 {
            let byte = start + index < end ? text[start + index] : UInt8(ascii: "0")
            milliseconds = milliseconds * 10 + Int(byte &- UInt8(ascii: "0"))
        }
    }
}
