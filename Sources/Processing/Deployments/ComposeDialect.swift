import Model

/// `docker compose` (v2: ` Container web-1  Started`) and `docker-compose` (v1: `Creating web_1 ... done`).
struct ComposeDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        switch line.word(0) {
        case "Container", "Network", "Volume": object(line)
        case "Creating", "Recreating", "Starting", "Restarting", "Stopping", "Removing": legacy(line)
        case "Pulling": [.phase(.pulling), .message(line.text.sentence)]
        default: line.text.hasSuffix(" is up-to-date") ? upToDate(line) : pulled(line)
        }
    }

    private func object(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.wordCount >= 3 else { return [] }
        guard line.word(0) == "Container" else { return [.phase(.preparing)] }
        guard let meaning = Self.meaning(of: line.word(2)) else { return [] }
        let service = DeploymentService(name: line.word(1), state: line.rest(2), health: meaning.health)
        let ending: DeploymentFinding =
            meaning.health == .failed
            ? .failure("container \(service.name): \(service.state)") : .message("\(service.name): \(service.state)")
        return [.phase(meaning.phase), .service(service), ending]
    }

    private static func meaning(of state: ByteText) -> (phase: DeploymentPhase, health: DeploymentHealth)? {
        switch state {
        case "Creating", "Created", "Recreate", "Recreated", "Starting", "Restarting": (.starting, .unknown)
        case "Started", "Running": (.starting, .healthy)
        case "Waiting", "Exited": (.verifying, .unknown)
        case "Healthy": (.verifying, .healthy)
        case "Error": (.starting, .failed)
        case "Unhealthy": (.verifying, .failed)
        case "Stopping", "Stopped", "Removing", "Removed": (.preparing, .unknown)
        default: nil
        }
    }

    // MARK: - v1

    /// `Creating web_1 ... `, and when it is done the same with `done` or `error` behind it.
    private func legacy(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(2) == "..." || line.text.hasSuffix("...") else {
            return line.word(1) == "network" || line.word(1) == "volume" ? [.phase(.preparing)] : []
        }
        let isGoing = line.word(0) == "Stopping" || line.word(0) == "Removing"
        let phase: DeploymentPhase = isGoing ? .preparing : .starting
        let name = line.word(1)
        switch line.word(3) {
        case "":
            let service = DeploymentService(name: name, state: line.word(0), health: .unknown)
            return [.phase(phase), .service(service), .message(line.text.sentence)]
        case "done":
            var service = DeploymentService(name: name, state: line.word(0), health: isGoing ? .unknown : .healthy)
            service.state = isGoing ? "gone" : "started"
            return [.phase(phase), .service(service), .message(line.text.sentence)]
        default:
            let service = DeploymentService(name: name, state: line.word(3), health: .failed)
            return [
                .phase(phase), .service(service), .failure("\(service.name): \(line.word(0).string) \(service.state)"),
            ]
        }
    }

    private func upToDate(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.wordCount == 3 else { return [] }
        return [
            .phase(.starting), .service(DeploymentService(name: line.word(0), state: line.word(2), health: .healthy)),
            .message(line.text.sentence),
        ]
    }

    // MARK: - Images

    /// ` web Pulling`, ` web Pulled`, ` web Building`, ` web  Built`, ` Image nginx Pulled`.
    private func pulled(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.isIndented, 2...3 ~= line.wordCount else { return [] }
        switch line.lastWord {
        case "Pulling", "Pulled": return [.phase(.pulling), .message(line.text.sentence)]
        case "Building", "Built": return [.phase(.building), .message(line.text.sentence)]
        default: return []
        }
    }
}
