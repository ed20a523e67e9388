/// What a run of the package manager did, gathered from lines of `/var/log/dpkg.log`. A value without I/O.
struct PackageChanges {
    /// Names of each kind that an event holds.
    static let maximumNames = 50

    private var names: [Action: [String]] = [:]
    private var count = 0

    private enum Action: String, CaseIterable {
        case installed, upgraded, removed

        init?(_ word: Substring) {
            switch word {
            case "install": self = .installed
            case "upgrade": self = .upgraded
            case "remove", "purge": self = .removed
            default: return nil
            }
        }
    }

    /// A line such as `2024-05-01 10:00:00 upgrade libc6:amd64 2.36-9 2.36-10`; others are passed over.
    mutating func take(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 4, words[0].count == 10, let action = Action(words[2]) else { return }
        let name = String(words[3].prefix { $0 != ":" })
        guard names[action]?.contains(name) != true else { return }
        count += 1
        if names[action, default: []].count < Self.maximumNames { names[action, default: []].append(name) }
    }

    /// Nil when nothing was changed.
    var event: HostEvent? {
        guard count > 0 else { return nil }
        let kinds = Action.allCases.filter { names[$0] != nil }
        let parts = kinds.map { "\($0.rawValue) \(Self.list(names[$0] ?? [], limit: 5))" }
        return HostEvent(
            kind: .packageChanged, severity: .info, unit: count == 1 ? names.values.first?.first : nil,
            message: "packages were changed: " + parts.joined(separator: "; "),
            attributes: [("count", "\(count)")]
                + kinds.map { ($0.rawValue, (names[$0] ?? []).joined(separator: " ")) })
    }

    private static func list(_ names: [String], limit: Int) -> String {
        let rest = names.count - limit
        return names.prefix(limit).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}
