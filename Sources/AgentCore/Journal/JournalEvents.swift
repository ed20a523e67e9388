/// Events of the host that services of systemd announce in the journal, by the ids of their messages (see
/// `journalctl --catalog`). A value without I/O.
///
/// Any user of the host can write such a message. So what counts is who has written it, by the fields that journald adds
/// itself, whose names begin with `_`.
struct JournalEvents {
    /// A unit has entered the state "failed".
    static let unitFailed = "d9b373ed55a64feb8242e02dbe79a49c"
    /// The kernel has killed a process of a unit for want of memory.
    static let unitOutOfMemory = "fe6faa94e7774663a0da52717891d8ef"
    /// logind has a new session.
    static let sessionOpened = "8d45620c1a4348dbb17410da57c60c66"

    /// As long as names of units can be. Others could fill a frame.
    private static let maximumName = 255

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
        var event: HostEvent
        switch entry.text("MESSAGE_ID") {
        case Self.unitFailed:
            guard let unit = Self.unit(of: entry) else { return nil }
            event = HostEvent(kind: .unitFailed, severity: .warning, unit: unit, message: "the unit \(unit) has failed")
            if let result = Self.name("UNIT_RESULT", in: entry) {
                event.message += ": \(result)"
                event.attributes = [("result", result)]
            }
        case Self.unitOutOfMemory where includesKills:
            guard let unit = Self.unit(of: entry) else { return nil }
            event = HostEvent(
                kind: .oomKill, severity: .critical, unit: unit,
                message: "a process of \(unit) was killed for want of memory")
        case Self.sessionOpened where includesLogins:
            guard entry.text("_SYSTEMD_UNIT") == "systemd-logind.service" else { return nil }
            let user = Self.name("USER_ID", in: entry) ?? "somebody"
            event = HostEvent(kind: .login, severity: .info, unit: user, message: "\(user) has logged in")
        default: return nil
        }
        event.timestamp = Double(entry.milliseconds) / 1000
        return event
    }

    /// The unit that its manager speaks of; nil where somebody else does. The manager of a user's own units runs as that
    /// user, who can make it say anything: the unit's name says whose it is, so that it passes for no unit of the host.
    private static func unit(of entry: JournalEntry) -> String? {
        if entry.text("_PID") == "1" { return name("UNIT", in: entry) }
        guard let user = name("_UID", in: entry), let unit = name("USER_UNIT", in: entry),
            entry.text("_SYSTEMD_UNIT") == "user@\(user).service"
        else { return nil }
        return "user@\(user).service/\(unit)"
    }

    private static func name(_ field: String, in entry: JournalEntry) -> String? {
        entry.bytes(field).map { String(decoding: $0.prefix(maximumName), as: UTF8.self) }
    }
}
