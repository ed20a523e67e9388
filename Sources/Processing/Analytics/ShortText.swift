/// Numbers for people.
enum ShortText {
    /// `40s`, `45m`, `72h`; days are for calendars.
    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<99.5: "\(Int(max(0, seconds).rounded()))s"
        case ..<5_970: "\(Int((seconds / 60).rounded()))m"
        case ..<3.6e9: "\(Int((seconds / 3_600).rounded()))h"
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
        return (abs(rest) < 10 && unit > 0 ? number(rest) : "\(Int(rest.rounded()))") + " " + units[unit]
    }

    /// With one decimal, unless it is 0. Values beyond what an integer holds are never shown.
    static func number(_ value: Double) -> String {
        let tenths = Int((min(max(value, -1e15), 1e15) * 10).rounded())
        let (whole, rest) = abs(tenths).quotientAndRemainder(dividingBy: 10)
        return (tenths < 0 ? "-" : "") + "\(whole)" + (rest == 0 ? "" : ".\(rest)")
    }
}
