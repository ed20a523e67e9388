import Model

/// npm, pip and cargo.
struct BuildDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        switch line.word(0) {
        case "npm": npm(line)
        case ">": script(line)
        case "added", "changed", "removed", "up": line.text.contains("package") ? built(line) : []
        case "Collecting", "Downloading", "Fetching", "Downloaded", "Updating":
            [.phase(.pulling), .message(line.text.sentence)]
        case "Building": built(line) + bar(line)
        case "Installing", "Compiling", "Checking", "Linking", "Successfully", "Finished": built(line)
        case "ERROR:": [.failure(line.text.sentence)]
        default: compilerError(line)
        }
    }

    private func built(_ line: DeploymentLine) -> [DeploymentFinding] {
        [.phase(.building), .message(line.text.sentence)]
    }

    /// cargo counts while it builds: `Building [====>   ] 12/48: serde`.
    private func bar(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard let end = line.text.index(of: UInt8(ascii: "]")), let slash = line.text.index(of: "/", from: end),
            let done = line.text.slice(end + 1, slash).trimmed.unsigned
        else { return [] }
        let length = line.text.digitRun(at: slash + 1)
        guard let count = line.text.slice(slash + 1, slash + 1 + length).unsigned, count > 0 else { return [] }
        return [.part(done: done, of: count)]
    }

    /// `error: could not compile`, `error[E0382]: …`
    private func compilerError(_ line: DeploymentLine) -> [DeploymentFinding] {
        let word = line.word(0)
        guard word == "error:" || (word.has("error[") && word.hasSuffix("]:")) else { return [] }
        return [.failure(line.text.sentence)]
    }

    // MARK: - npm

    /// Of its many lines those that say what it is, the code before the sentence.
    private func npm(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(1) == "ERR!" || line.word(1) == "error" else { return [] }
        let subject = line.word(2)
        let isTold =
            switch subject {
            case "code", "notarget", "Missing", "missing", "Failed": true
            default: subject.hasSuffix("Error:") || (subject.unsigned != nil && line.word(3) == "Not")
            }
        return isTold ? [.failure(line.text.sentence)] : []
    }

    /// `> web@1.0.0 build`: a script begins.
    private func script(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.wordCount == 3, line.word(1).contains(UInt8(ascii: "@")) else { return [] }
        return [.phase(.building), .message("npm run \(line.word(2).string(upTo: 128))")]
    }
}
