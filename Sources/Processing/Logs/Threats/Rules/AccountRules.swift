/// Rights and accounts: sudo, su, useradd and its like, cron, file modes.
extension ThreatRule {
    static let accounts: [ThreatRule] = [
        ThreatRule(
            "sudo_failure", "sudo: wrong password", .medium, "each failed authentication of sudo",
            on: KeywordSet(.authenticationFailure, .incorrectPassword), AccountRules.sudoFailure),
        ThreatRule(
            "sudo_not_allowed", "sudo: not allowed", .high, "a user without the right tried to use sudo",
            on: KeywordSet(.notInSudoers, .command), AccountRules.sudoNotAllowed),
        ThreatRule(
            "su_failure", "su: failed", .medium, "each failed su",
            on: KeywordSet(.failedSU, .authenticationFailure), AccountRules.suFailure),
        ThreatRule(
            "account_created", "Account created", .medium, "each new account; critical if it is another root (UID 0)",
            on: KeywordSet(.newUser), AccountRules.accountCreated),
        ThreatRule(
            "group_created", "Group created", .low, "each new group", on: KeywordSet(.newGroup),
            AccountRules.groupCreated),
        ThreatRule(
            "privileged_group_member", "Account given the rights of an administrator", .high,
            "an account was added to sudo, wheel, root, admin, docker, lxd, disk or shadow",
            on: KeywordSet(.toGroup), AccountRules.privilegedGroup),
        ThreatRule(
            "cron_changed", "Scheduled commands changed", .medium,
            "a crontab was replaced or edited, or a command run with sudo touches the directories of cron",
            on: KeywordSet(.crontabReplace, .crontabEdit, .cronDirectory, .crontabFile), AccountRules.cronChanged),
        ThreatRule(
            "setuid_set", "Program made to run as its owner", .high,
            "chmod with the setuid bit (u+s, 4755) by a command that was logged",
            on: KeywordSet(.setuidPlus, .chmod4, .setuidWord), AccountRules.setuid),
    ]
}

private enum AccountRules {
    @Sendable static func sudoFailure(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.isOf("sudo") else { return nil }
        if line.keywords.contains(.incorrectPassword) { return ThreatFinding() }
        return line.message.contains("(sudo:auth): authentication failure") ? ThreatFinding(source: remote(line)) : nil
    }

    @Sendable static func sudoNotAllowed(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.isOf("sudo"),
            line.message.contains(" : user NOT in sudoers ;") || line.message.contains(" : command not allowed ;")
        else { return nil }
        return ThreatFinding()
    }

    @Sendable static func suFailure(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.isOf("su"),
            line.message.has("FAILED SU (") || line.message.contains("(su:auth): authentication failure")
        else { return nil }
        return ThreatFinding()
    }

    @Sendable static func accountCreated(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.message.has("new user: name=") else { return nil }
        return ThreatFinding(severity: line.message.contains(", UID=0,") ? .critical : nil)
    }

    @Sendable static func groupCreated(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        line.message.has("new group: name=") ? ThreatFinding() : nil
    }

    private static let privilegedGroups: [StaticString] = [
        "' to group 'sudo'", "' to group 'wheel'", "' to group 'root'", "' to group 'admin'", "' to group 'docker'",
        "' to group 'lxd'", "' to group 'disk'", "' to group 'shadow'",
    ]

    @Sendable static func privilegedGroup(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.message.has("add '"), privilegedGroups.contains(where: { line.message.contains($0) }) else {
            return nil
        }
        return ThreatFinding()
    }

    @Sendable static func cronChanged(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        if line.isOf("crontab") {
            return line.message.contains(") REPLACE (") || line.message.contains(") END EDIT (") ? ThreatFinding() : nil
        }
        guard line.isOf("sudo"), let command = line.message.index(of: "COMMAND=") else { return nil }
        let words = line.message.from(command + 8)
        return readers.contains { words.has($0) } ? nil : ThreatFinding()
    }

    /// Commands that only look.
    private static let readers: [StaticString] = [
        "/usr/bin/ls", "/bin/ls", "/usr/bin/cat", "/bin/cat", "/usr/bin/less", "/usr/bin/grep", "/usr/bin/stat",
    ]

    @Sendable static func setuid(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let chmod = line.message.index(of: "chmod") else { return nil }
        guard line.isOf("sudo") || line.isOf("audit") || line.isOf("auditd") || line.isOf("kernel") || line.isOf("bash")
        else { return nil }
        let mode = line.message.from(chmod + 5)
        return mode.contains("u+s") || hasSetuidMode(mode) ? ThreatFinding() : nil
    }

    /// ` 4755`, also with a leading zero, or 6755.
    private static func hasSetuidMode(_ text: ByteText) -> Bool {
        var position = 0
        while position < text.count {
            while position < text.count, !text[position].isDigit { position += 1 }
            let digits = text.digitRun(at: position)
            if (4...5).contains(digits), !text[position - 1].isWord, !text[position + digits].isWord {
                let lead = text[position + digits - 4] &- 0x30
                if lead < 8, lead & 4 != 0 { return true }
            }
            position += max(digits, 1)
        }
        return false
    }

    private static func remote(_ line: ThreatLine) -> String? {
        guard let host = line.value(after: "rhost="), Mask.isIPv4(host) || Mask.isIPv6(host) else { return nil }
        return host.string
    }
}
