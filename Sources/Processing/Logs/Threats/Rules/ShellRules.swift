/// Commands that give somebody else a shell or run what was fetched, wherever they are logged.
extension ThreatRule {
    static let shells: [ThreatRule] = [
        ThreatRule(
            "reverse_shell", "Reverse shell", .critical,
            "a command line that connects a shell to the network: bash with /dev/tcp, nc -e, socat, mkfifo...",
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
        connectsShell(line.request?.decoded ?? line.text, line.keywords) ? found(line) : nil
    }

    private static func connectsShell(_ text: ByteText, _ words: KeywordSet) -> Bool {
        if words.contains(.devTCP),
            redirects(text) || words.contains(.bashInteractive) || words.contains(.shInteractive)
        {
            return true
        }
        guard namesShell(text) || text.contains("pty.spawn") else { return false }
        if words.contains(.netcatE) || words.contains(.netcatC), hasWord("nc -", text) { return true }
        if words.contains(.ncatE), text.contains(" -e ") || text.contains(" --exec ") { return true }
        if words.contains(.socatExec), text.contains("socat ") { return true }
        if words.contains(.mkfifo), hasWord("nc ", text) || hasWord("telnet ", text) { return true }
        if words.contains(.pythonSocket), text.contains("dup2(") || text.contains("subprocess") { return true }
        return words.contains(.perlSocket) && text.contains("perl")
    }

    private static func redirects(_ text: ByteText) -> Bool {
        text.contains(">&") || text.contains("<>") || text.contains("exec ")
    }

    /// Whether `word` stands there, and not as the end of another one.
    private static func hasWord(_ word: StaticString, _ text: ByteText) -> Bool {
        var position = 0
        while let found = text.index(of: word, from: position) {
            if !text[found - 1].isWord { return true }
            position = found + 1
        }
        return false
    }

    @Sendable static func downloadAndRun(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        pipesIntoShell(line.request?.decoded ?? line.text) ? found(line) : nil
    }

    @Sendable static func encodedCommand(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        pipesIntoShell(line.request?.decoded ?? line.text) ? found(line) : nil
    }

    private static func namesShell(_ text: ByteText) -> Bool {
        for shell in ["/sh", "/bash", "/zsh", "/dash", "cmd.exe", "powershell"] as [StaticString] {
            var position = 0
            while let found = text.index(of: shell, from: position) {
                position = found + shell.utf8CodeUnitCount
                if !text[position].isWord, text[position] != UInt8(ascii: "-") { return true }
            }
        }
        return false
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
