/// Numbers for people.
enum ShortText {
    /// `40s`, `45m`, `72h`; days are for calendars.
    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<99.5: "\(whole(max(0, seconds)))s"
        case ..<5_970: "\(whole(seconds / 60))m"
        case ..<3.6e9: "\(whole(seconds / 3_600))h"
        default: "years"
        }
    }

    /// `512 MiB`, `3.5 GiB`.
    static func bytes(_ count: Double) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var rest = count
        var unit = 0
        while abs(rest) >= 1_024, unit < units.count - 1 {
            rest /= 1_024
            unit += 1
        }
        return (abs(rest) < 10 && unit > 0 ? number(rest) : "\(whole(rest))") + " " + units[unit]
    }

    /// With one decimal, unless it is 0.
    static func number(_ value: Double) -> String {
        let tenths = whole(value * 10)
        let (whole, rest) = abs(tenths).quotientAndRemainder(dividingBy: 10)
        return (tenths < 0 ? "-" : "") + "\(whole)" + (rest == 0 ? "" : ".\(rest)")
    }

    /// The nearest integer, within ±10¹⁵; 0 of what is no number, for agents may say anything.
    static func whole(_ value: Double) -> Int {
        value.isNaN ? 0 : Int(min(max(value, -1e15), 1e15).rounded())
    }
}
