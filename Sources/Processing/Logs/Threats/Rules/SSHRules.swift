/// Logins by OpenSSH, from the lines of `sshd` and `sshd-session`.
extension ThreatRule {
    static let ssh: [ThreatRule] = [
        ThreatRule(
            "ssh_brute_force", "SSH brute force", .high,
            "5 failed logins from one address within 2 minutes; again every 5 minutes while it goes on",
            on: KeywordSet(.failedPassword, .failed, .invalidUser, .illegalUser, .authenticatingUser),
            SSHRules.bruteForce),
        ThreatRule(
            "ssh_login_after_failures", "SSH login after failed attempts", .critical,
            "a login succeeded from an address with 5 failed ones within 10 minutes",
            on: KeywordSet(.accepted), SSHRules.loginAfterFailures),
        ThreatRule(
            "ssh_invalid_user", "SSH login as a user that does not exist", .low,
            "the first from an address within 5 minutes; medium from the third different user on",
            on: KeywordSet(.invalidUser, .illegalUser), SSHRules.invalidUser),
        ThreatRule(
            "ssh_root_login", "SSH login as root", .medium, "each successful one",
            on: KeywordSet(.accepted), SSHRules.rootLogin),
    ]
}

private enum SSHRules {
    private static let threshold = 5
    private static let window: Int64 = 120_000
    private static let memory: Int64 = 600_000
    private static let pause: Int64 = 300_000

    @Sendable static func bruteForce(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.mayBe("sshd"), let failure = SSHFailure(line) else { return nil }
        let source = failure.address.string
        return state.update(.sshFailures, source) { window in
            guard failure.isCounted(&window) else { return nil }
            // Kept for as long as a login would be suspicious; counted within the shorter time.
            _ = window.add(at: line.time, within: memory, threshold: threshold, count: failure.count)
            guard window.count(at: line.time, within: Self.window) >= threshold,
                window.mayReport(at: line.time, pause: pause)
            else { return nil }
            return ThreatFinding(source: source, note: "\(window.total) failures")
        }
    }

    @Sendable static func loginAfterFailures(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.mayBe("sshd"), line.message.has("Accepted "), let peer = line.peer else { return nil }
        let source = peer.string
        guard let window = state.window(.sshFailures, source),
            window.count(at: line.time, within: memory) >= threshold
        else { return nil }
        return ThreatFinding(source: source, note: "after \(window.total) failures")
    }

    @Sendable static func invalidUser(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.mayBe("sshd"), let failure = SSHFailure(line), failure.isInvalidUser else { return nil }
        let source = failure.address.string
        return state.update(.sshInvalidUsers, source) { window in
            let users = window.addDifferent(StableHash.of(failure.user.buffer), at: line.time, within: pause)
            if users == 3, window.session == 0 {
                window.session = 1
                return ThreatFinding(source: source, severity: .medium, note: "\(users) different users")
            }
            guard window.mayReport(at: line.time, pause: pause) else { return nil }
            window.session = 0
            return ThreatFinding(source: source)
        }
    }

    @Sendable static func rootLogin(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.mayBe("sshd"), line.message.has("Accepted "), line.message.contains(" for root from ") else {
            return nil
        }
        return ThreatFinding(source: line.peer?.string)
    }
}

/// A line of sshd that tells of a login that failed. One attempt may cause several: the password's, which is always
/// counted, and others, which are only counted if no other line of the same connection was.
private struct SSHFailure {
    var address: ByteText
    var user: ByteText
    var isInvalidUser: Bool
    /// rsyslog writes repetitions as one line.
    var count = 1
    private var isPassword: Bool
    private var connection: UInt64

    init?(_ line: ThreatLine) {
        var message = line.message
        if message.has("message repeated "), let open = message.index(of: "times: [ ") {
            let digits = message.digitRun(at: 17)
            count = max(1, message.digits(min(digits, 4), at: 17) ?? 1)
            message = message.from(open + 9)
        }
        isPassword = message.has("Failed ")
        isInvalidUser = message.contains("nvalid user ") || message.contains("llegal user ")
        if isPassword {
            guard message.contains(" for ") else { return nil }
        } else {
            guard message.has("Invalid user ") || message.has("Illegal user ") || message.contains("[preauth]") else {
                return nil
            }
        }
        guard let found = Self.address(message) else { return nil }
        address = message.slice(found.start, found.end)
        user = Self.user(message, before: found.start)
        connection = StableHash.of(message.from(found.end).word(at: 6).buffer) | 1
    }

    /// The last ` <address> port `.
    private static func address(_ message: ByteText) -> (start: Int, end: Int)? {
        var position = 0
        var found: (Int, Int)?
        while let port = message.index(of: " port ", from: position) {
            var start = port
            while start > 0, message[start - 1] != 0x20 { start -= 1 }
            let word = message.slice(start, port)
            if Mask.isIPv4(word) || Mask.isIPv6(word) { found = (start, port) }
            position = port + 6
        }
        return found
    }

    private static func user(_ message: ByteText, before end: Int) -> ByteText {
        let marker = message.index(of: "user ").map { $0 + 5 } ?? message.index(of: " for ").map { $0 + 5 } ?? 0
        var end = end - 1
        if message.has(" from", at: end - 5) { end -= 5 }
        return message.slice(marker, end)
    }

    func isCounted(_ window: inout EventWindow) -> Bool {
        // A connection that was counted for another line is remembered with the lowest bit off, until its password
        // fails.
        if isPassword {
            let wasCounted = window.session == connection & ~1
            window.session = connection
            return !wasCounted
        }
        if window.session | 1 == connection { return false }
        window.session = connection & ~1
        return true
    }
}
