/// What a line is about.
package enum LogCategory: String, CaseIterable, Sendable {
    case security, error, performance, availability, configuration, access, system, application
}

extension LogCategory {
    /// The first that fits: a threat, a request, the programs that guard logins, what the words say, the level, the
    /// programs of the system. Words only speak for lines that are at least warnings, since prose uses them freely.
    static func of(
        threats: [Threat], format: LogFormat, component: ByteText, keywords: KeywordSet, level: LogLevel
    ) -> LogCategory {
        if !threats.isEmpty { return .security }
        if format == .accessCommon || format == .accessCombined { return .access }
        let program = SystemProgram(component)
        if program == .login { return .security }
        if level >= .warn {
            if keywords.intersects(CategoryWords.security) { return .security }
            if keywords.intersects(CategoryWords.availability) { return .availability }
            if keywords.intersects(CategoryWords.performance) { return .performance }
            if keywords.intersects(CategoryWords.configuration) { return .configuration }
            if level >= .error { return .error }
        } else if keywords.contains(.slow) || keywords.contains(.latency) {
            return .performance
        }
        return program == .system || format == .kernel ? .system : .application
    }
}

private enum CategoryWords {
    static let performance = KeywordSet(.slow, .latency, .throttl, .overload, .queueFull, .timedOut, .timeout)
    static let availability = KeywordSet(
        .unreachable, .crash, .shuttingDown, .outOfMemory, .disconnected, .noSpace, .refused, .restarting, .oomKilled)
    static let security = KeywordSet(.unauthorized, .authentication, .forbidden, .denied, .invalidUser)
    static let configuration = KeywordSet(.config, .certificate, .deprecated)
}

/// Programs whose lines are of a kind by themselves.
private enum SystemProgram {
    case login, system

    init?(_ component: ByteText) {
        switch component[0] {
        case UInt8(ascii: "s"):
            if component == "sshd" || component == "sshd-session" || component == "sudo" || component == "su" {
                self = .login
                return
            }
            guard component.has("systemd") else { return nil }
            self = .system
        case UInt8(ascii: "k"):
            guard component == "kernel" else { return nil }
            self = .system
        case UInt8(ascii: "a"):
            guard component == "audit" || component == "auditd" else { return nil }
            self = .login
        case UInt8(ascii: "l"), UInt8(ascii: "p"):
            guard component == "login" || component == "polkitd" || component == "passwd" else { return nil }
            self = .login
        case UInt8(ascii: "u"), UInt8(ascii: "g"):
            guard component == "useradd" || component == "usermod" || component == "userdel" || component == "groupadd"
            else { return nil }
            self = .login
        case UInt8(ascii: "c"), UInt8(ascii: "C"):
            guard component == "cron" || component == "CRON" || component == "crontab" else { return nil }
            self = .system
        default: return nil
        }
    }
}
