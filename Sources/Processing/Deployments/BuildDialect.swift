import Model

/// npm, pip and cargo.
struct BuildDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        switch line.word(0) {
        case "npm": npm(line)
        case "added", "changed", "removed", "up":
            line.text.contains("package") ? [.phase(.building), .message(String(line.text))] : []
        case "Collecting", "Downloading", "Fetching", "Downloaded", "Updating":
            [.phase(.pulling), .message(String(line.text))]
        case "Installing", "Building", "Compiling", "Checking", "Linking": built(line)
        case "Successfully": [.phase(.building), .message(String(line.text))]
        case "Finished": [.phase(.building), .message(String(line.text))]
        case "ERROR:": [.failure(String(line.text))]
        default: compilerError(line)
        }
    }

    private func npm(_ line: DeploymentLine) -> [DeploymentFinding] {
        switch line.word(1) {
        case "ERR!", "error": [.failure(String(line.text))]
        default: []
        }
    }

    /// cargo counts while it builds: `Building [====>   ] 12/48: serde`.
    private func built(_ line: DeploymentLine) -> [DeploymentFinding] {
        var findings: [DeploymentFinding] = [.phase(.building), .message(String(line.text))]
        if let bar = line.text.firstIndex(of: "]"),
            let count = line.text[bar...].split(separator: " ").dropFirst().first
        {
            let numbers = count.unquoted.split(separator: "/").compactMap { Int($0) }
            if numbers.count == 2, numbers[1] > 0 { findings.append(.part(done: numbers[0], of: numbers[1])) }
        }
        return findings
    }

    /// `error: could not compile`, `error[E0382]: …`
    private func compilerError(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(0) == "error:" || (line.word(0).hasPrefix("error[") && line.word(0).hasSuffix("]:")) else {
            return []
        }
        return [.failure(String(line.text))]
    }
}
