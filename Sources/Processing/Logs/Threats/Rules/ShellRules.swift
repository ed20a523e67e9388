/// Commands that give somebody else a shell or run what was fetched, wherever they are logged.
extension ThreatRule {
    static let shells: [ThreatRule] = [
        ThreatRule(
            "reverse_shell", "Reverse shell", .critical,
            "a command line that connects a shell to the network: bash with /dev/tcp, nc -e, socat, mkfifo, Python, Perl",
            on: KeywordSet(
                .devTCP, .netcatE, .netcatC, .ncatE, .socatExec, .mkfifo, .pythonSocket, .perlSocket),
            ShellRules.reverseShell),
        ThreatRule(
            "download_and_run", "Fetched and run at once", .high, "curl or wget piped into a shell",
            on: KeywordSet(.curlPipe, .wgetPipe), ShellRules.downloadAndRun),
        ThreatRule(
            "encoded_command", "Encoded command", .high, "base64 decoded and piped into a shell",
            on: KeywordSet(.base64Decode), ShellRules.encodedCommand),
    ]
}

private enum ShellRules {
    @Sendable static func reverseShell(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        let words = line.keywords
        let text = line.request?.decoded ?? line.text
        if words.contains(.devTCP) {
            return text.contains(">&") || text.contains("0>&1") || text.contains("<>") || text.contains("exec ")
                || words.contains(.bashInteractive) || words.contains(.shInteractive)
                ? found(line) : nil
        }
        if words.intersects(KeywordSet(.netcatE, .netcatC)) { return namesShell(text) ? found(line) : nil }
        if words.contains(.ncatE) { return text.contains(" -e ") && namesShell(text) ? found(line) : nil }
        if words.contains(.socatExec) { return text.contains("socat ") && namesShell(text) ? found(line) : nil }
        if words.contains(.mkfifo) {
            return namesShell(text) && (text.contains("nc ") || text.contains("telnet ")) ? found(line) : nil
        }
        if words.contains(.pythonSocket) {
            return text.contains("dup2(") || text.contains("pty.spawn")
                || text.contains("subprocess") && namesShell(text)
                ? found(line) : nil
        }
        return text.containsIgnoringCase("perl") && namesShell(text) ? found(line) : nil
    }

    @Sendable static func downloadAndRun(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        pipesIntoShell(line.request?.decoded ?? line.text) ? found(line) : nil
    }

    @Sendable static func encodedCommand(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        pipesIntoShell(line.request?.decoded ?? line.text) ? found(line) : nil
    }

    private static func namesShell(_ text: ByteText) -> Bool {
        text.contains("/sh") || text.contains("/bash") || text.contains("cmd.exe") || text.contains("powershell")
    }

    /// `| sh`, `|bash`, `| sudo bash`, `|/bin/sh`, with nothing but its options behind.
    private static func pipesIntoShell(_ text: ByteText) -> Bool {
        var position = 0
        while let pipe = text.index(of: UInt8(ascii: "|"), from: position) {
            var start = pipe + 1
            while text[start] == 0x20 { start += 1 }
            if text.has("sudo ", at: start) { start += 5 }
            for directory in ["/bin/", "/usr/bin/"] as [StaticString] where text.has(directory, at: start) {
                start += directory.utf8CodeUnitCount
            }
            for shell in ["sh", "bash", "zsh", "dash"] as [StaticString]
            where text.has(shell, at: start) && !text[start + shell.utf8CodeUnitCount].isWord {
                return true
            }
            position = pipe + 1
        }
        return false
    }

    private static func found(_ line: ThreatLine) -> ThreatFinding {
        let client = line.request?.client ?? ByteText("")
        return ThreatFinding(source: client.isEmpty ? nil : client.prefix(64).string)
    }
}
