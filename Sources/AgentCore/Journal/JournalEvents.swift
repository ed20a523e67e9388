/// Events of the host that services of systemd announce in the journal, by the ids of their messages (see
/// `journalctl --catalog`). A value without I/O.
struct JournalEvents {
    /// A unit has entered the state "failed".
    static let unitFailed = "d9b373ed55a64feb8242e02dbe79a49c"
    /// The kernel has killed a process of a unit for want of memory.
    static let unitOutOfMemory = "fe6faa94e7774663a0da52717891d8ef"
    /// logind has a new session.
    static let sessionOpened = "8d45620c1a4348dbb17410da57c60c66"

    /// Where the kernel's log cannot be read, the journal tells of its kills.
    var includesKills: Bool
    /// The same for hosts that have no wtmp any more.
    var includesLogins: Bool

    /// Of `journalctl`: alternatives.
    var matches: [String] {
        let ids =
            [Self.unitFailed] + (includesKills ? [Self.unitOutOfMemory] : [])
            + (includesLogins ? [Self.sessionOpened] : [])
        return ids.map { "MESSAGE_ID=\($0)" }
    }

    func event(_ entry: JournalEntry) -> HostEvent? {
        let unit = entry.text("UNIT") ?? entry.text("USER_UNIT")
        var event: HostEvent
        switch entry.text("MESSAGE_ID") {
        case Self.unitFailed:
            guard let unit else { return nil }
            event = HostEvent(kind: .unitFailed, severity: .warning, unit: unit, message: "the unit \(unit) has failed")
            if let result = entry.text("UNIT_RESULT") {
                event.message += ": \(result)"
                event.attributes = [("result", result)]
            }
        case Self.unitOutOfMemory where includesKills:
            event = HostEvent(
                kind: .oomKill, severity: .critical, unit: unit,
                message: "a process of \(unit ?? "a unit") was killed for want of memory")
        case Self.sessionOpened where includesLogins:
            let user = entry.text("USER_ID") ?? "somebody"
            event = HostEvent(kind: .login, severity: .info, unit: user, message: "\(user) has logged in")
        default: return nil
        }
        event.timestamp = Double(entry.milliseconds) / 1000
        return event
    }
}
