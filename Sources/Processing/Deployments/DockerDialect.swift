import Model

/// `docker build` with BuildKit (`#7 [2/4] RUN …`) and without (`Step 2/4 : RUN …`), `docker pull`, and the refusals of
/// the daemon.
struct DockerDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        if line.text[0] == UInt8(ascii: "#") { return buildKit(line) }
        switch line.word(0) {
        case "Step": return step(line.word(1), line)
        case "Status:": return [.message(line.text.sentence)]
        case "The": return failedCommand(line)
        case "Error", "docker:", "ERROR:":
            return line.text.contains("Error response from daemon:") ? [.failure(line.text.sentence)] : []
        default: return layer(line)
        }
    }

    // MARK: - build

    private func buildKit(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(0).from(1).unsigned != nil else { return [] }
        if line.word(1) == "ERROR:" || line.word(1) == "ERROR" { return [.failure(line.rest(1).sentence)] }
        if line.word(1) == "exporting", line.word(2) == "to" {
            return [.phase(.building), .message(line.rest(1).sentence)]
        }
        guard line.word(1)[0] == UInt8(ascii: "["), let place = line.text.between("[", "]") else { return [] }
        // `[2/4]` or `[stage 2/4]`
        return step(place.from((place.lastIndex(of: UInt8(ascii: " ")) ?? -1) + 1), line)
    }

    private func step(_ place: ByteText, _ line: DeploymentLine) -> [DeploymentFinding] {
        guard let (number, count) = place.fraction else { return line.word(0) == "Step" ? [] : [.phase(.building)] }
        return [.phase(.building), .part(done: number - 1, of: count), .message(line.text.sentence)]
    }

    /// `The command '/bin/sh -c make' returned a non-zero code: 2`
    private func failedCommand(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(1) == "command", line.text.contains("returned a non-zero code:") else { return [] }
        return [.failure(line.text.sentence)]
    }

    // MARK: - pull

    /// `1.4: Pulling from web`, `7a8052bea3e0: Pull complete`: of the layers only that they come.
    private func layer(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(0).hasSuffix(":") else { return [] }
        switch line.word(1) {
        case "Pulling":
            return line.word(2) == "from" ? [.phase(.pulling), .message(line.text.sentence)] : [.phase(.pulling)]
        case "Pull", "Downloading", "Download", "Extracting", "Verifying": return [.phase(.pulling)]
        default: return []
        }
    }
}
