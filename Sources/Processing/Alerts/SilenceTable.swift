import Model

/// The silences in force.
struct SilenceTable: Sendable {
    private struct Entry {
        var silence: Silence
        var matchers: [(name: String, pattern: TextPattern)]
    }
    private var entries: [Entry] = []

    static let maximumCount = 1_000

    var all: [Silence] { entries.map(\.silence) }

    /// - Returns: false when there are as many as there may be.
    @discardableResult
    mutating func add(_ silence: Silence) -> Bool {
        guard entries.count < Self.maximumCount else { return false }
        entries.append(
            Entry(silence: silence, matchers: silence.matchers.map { ($0.key, TextPattern($0.value)) }))
        return true
    }

    /// - Returns: false when there is no such silence.
    mutating func remove(_ id: SilenceID) -> Bool {
        let before = entries.count
        entries.removeAll { $0.silence.id == id }
        return entries.count < before
    }

    /// - Returns: whether any has ended.
    mutating func removeEnded(_ now: Now) -> Bool {
        let before = entries.count
        entries.removeAll { $0.silence.until <= now.wall }
        return entries.count < before
    }

    /// The first that matches.
    func silence(for alert: Alert, _ now: Now) -> SilenceID? {
        entries.first { entry in
            entry.silence.until > now.wall
                && entry.matchers.allSatisfy { name, pattern in
                    alert.text(of: name).map(pattern.matches) ?? false
                }
        }?.silence.id
    }
}

extension Alert {
    fileprivate func text(of name: String) -> String? {
        switch name {
        case "rule": rule
        case "agent_id": agent == .every ? "*" : agentID?.text
        case "level": level.rawValue
        default: labels[name]
        }
    }

    private var agentID: AgentID? { if case .one(let id) = agent { id } else { nil } }
}
