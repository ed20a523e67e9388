/// One systemd unit that is not well, as `systemctl --failed --plain --no-legend` has it.
package struct FailedUnit: Equatable, Sendable {
    package var name: String
    /// What it is in: "failed".
    package var state: String
    package var detail: String
}

/// The output of that command. A value without I/O.
enum UnitTable {
    /// Of more units the rest is not told.
    static let maximum = 256

    /// Lines such as `cron.service loaded failed failed Regular background program processing daemon`.
    static func parse(_ output: String) -> [FailedUnit] {
        output.split(separator: "\n").prefix(maximum).compactMap { line in
            let words = line.split(separator: " ", maxSplits: 4)
            guard words.count >= 4, words[0].contains(".") else { return nil }
            let detail = words.count > 4 ? words[4].drop { $0 == " " } : ""
            return FailedUnit(name: String(words[0]), state: String(words[2]), detail: String(detail))
        }
    }

    /// Those that have failed since the look before; none where there was no look.
    static func newlyFailed(_ before: [FailedUnit]?, _ after: [FailedUnit]) -> [FailedUnit] {
        guard let before else { return [] }
        let known = Set(before.map(\.name))
        return after.filter { !known.contains($0.name) }
    }
}
