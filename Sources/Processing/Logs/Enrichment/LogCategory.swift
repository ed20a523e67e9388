import Model

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
        let program = SystemProgram.of(component)
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

    static func of(_ component: ByteText) -> SystemProgram? {
        switch component[0] {
        case UInt8(ascii: "s"):
            if component.has("sshd") || component == "sudo" || component == "su" { return .login }
            if component.has("systemd") { return .system }
        case UInt8(ascii: "a"), UInt8(ascii: "c"), UInt8(ascii: "g"), UInt8(ascii: "l"), UInt8(ascii: "p"),
            UInt8(ascii: "u"):
            if loginPrograms.contains(where: { component == $0 }) { return .login }
            if component == "cron" || component == "crond" || component == "crontab" { return .system }
        case UInt8(ascii: "k"), UInt8(ascii: "C"):
            if component == "kernel" || component == "CRON" { return .system }
        default: break
        }
        return nil
    }

    private static let loginPrograms: [StaticString] = [
        "audit", "auditd", "chage", "chpasswd", "gpasswd", "groupadd", "groupdel", "groupmod", "login", "passwd",
        "polkitd", "useradd", "userdel", "usermod",
    ]
}
