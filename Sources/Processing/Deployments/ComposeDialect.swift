import Model

/// `docker compose` (v2: ` Container web-1  Started`), `docker-compose` (v1: `Creating web_1 ... done`), `docker build`
/// and BuildKit (`#7 [2/4] RUN …`, `Step 2/4 : RUN …`), `docker pull`.
struct ComposeDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        switch line.word(0) {
        case "Container", "Network", "Volume": object(line)
        case "Creating", "Recreating", "Starting", "Restarting": legacy(line)
        case "Pulling": [.phase(.pulling), .message(String(line.text))]
        case "Step": step(line.word(1), line)
        case "Status:": [.message(String(line.text))]
        default:
            if line.word(0).hasPrefix("#") { buildKit(line) } else { pulled(line) }
        }
    }

    // MARK: - compose up

    private func object(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.words.count >= 3 else { return [] }
        let name = String(line.word(1))
        let state = line.words.dropFirst(2).joined(separator: " ")
        guard line.word(0) == "Container" else { return [.phase(.preparing)] }
        guard let meaning = Self.containerStates[String(line.word(2))] else { return [] }
        var findings: [DeploymentFinding] = [
            .phase(meaning.phase),
            .service(DeploymentService(name: name, state: state, health: meaning.health)),
            .message("\(name): \(state)"),
        ]
        if meaning.health == .failed { findings.append(.failure("container \(name): \(state)")) }
        return findings
    }

    private static let containerStates: [String: (phase: DeploymentPhase, health: DeploymentHealth)] = [
        "Creating": (.starting, .unknown), "Created": (.starting, .unknown), "Recreate": (.starting, .unknown),
        "Recreated": (.starting, .unknown), "Starting": (.starting, .unknown), "Restarting": (.starting, .unknown),
        "Started": (.starting, .healthy), "Running": (.starting, .healthy), "Waiting": (.verifying, .unknown),
        "Healthy": (.verifying, .healthy), "Exited": (.verifying, .unknown), "Error": (.starting, .failed),
        "Unhealthy": (.verifying, .failed), "Stopping": (.preparing, .unknown), "Stopped": (.preparing, .unknown),
        "Removing": (.preparing, .unknown), "Removed": (.preparing, .unknown),
    ]

    private func legacy(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.words.count >= 4, line.word(2) == "..." else { return [] }
        let name = String(line.word(1))
        guard !["network", "volume"].contains(name) else { return [.phase(.preparing)] }
        let isDone = line.word(3) == "done"
        let service = DeploymentService(
            name: name, state: isDone ? "started" : String(line.word(3)), health: isDone ? .healthy : .failed)
        let ending: DeploymentFinding =
            isDone ? .message(String(line.text)) : .failure("\(name) did not start: \(line.word(3))")
        return [.phase(.starting), .service(service), ending]
    }

    /// ` web Pulling`, ` web Pulled`, ` web Building`, ` web  Built`, ` Image nginx Pulled`.
    private func pulled(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.isIndented, (2...3).contains(line.words.count), let last = line.words.last else { return [] }
        switch last {
        case "Pulling", "Pulled": return [.phase(.pulling), .message(String(line.text))]
        case "Building", "Built": return [.phase(.building), .message(String(line.text))]
        default: return []
        }
    }

    // MARK: - build

    private func buildKit(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard Int(line.word(0).dropFirst()) != nil else { return [] }
        if line.word(1) == "ERROR:" || line.word(1) == "ERROR" {
            return [.failure(line.words.dropFirst(1).joined(separator: " "))]
        }
        guard line.word(1).hasPrefix("[") else { return [] }
        // `[2/4]` or `[stage 2/4]`
        let place = line.text.between("[", "]")?.split(separator: " ").last ?? ""
        return step(place, line)
    }

    private func step(_ place: Substring, _ line: DeploymentLine) -> [DeploymentFinding] {
        let numbers = place.split(separator: "/").compactMap { Int($0) }
        guard numbers.count == 2 else { return line.word(0) == "Step" ? [] : [.phase(.building)] }
        return [.phase(.building), .part(done: numbers[0] - 1, of: numbers[1]), .message(String(line.text))]
    }
}
