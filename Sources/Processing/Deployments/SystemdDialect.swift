import Model

/// systemctl: `● nginx.service - …`, `Active: active (running)`, `Job for x failed`, `Failed to restart x: …`.
struct SystemdDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        switch line.word(0) {
        case "●", "○", "×": unit(line)
        case "Active:": active(line)
        case "Job": job(line)
        case "Failed": line.word(1) == "to" ? [.failure(line.text.sentence)] : []
        default: []
        }
    }

    /// What follows is about it.
    private func unit(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(1).contains(UInt8(ascii: ".")) else { return [] }
        let health: DeploymentHealth = line.word(0) == "×" ? .failed : .unknown
        var service = DeploymentService(name: line.word(1), state: line.word(1), health: health)
        service.state = ""
        return [.phase(.verifying), .service(service)]
    }

    private func active(_ line: DeploymentLine) -> [DeploymentFinding] {
        let health: DeploymentHealth =
            switch line.word(1) {
            case "active": .healthy
            case "failed": .failed
            default: .degraded
            }
        let state = "\(line.word(1).string(upTo: 32)) \(line.word(2).string(upTo: 32))"
        return [.serviceState(line.word(2).isEmpty ? line.word(1).string(upTo: 32) : state, health)]
    }

    private func job(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(1) == "for", line.text.contains(" failed") else { return [] }
        var service = DeploymentService(name: line.word(2), state: line.word(2), health: .failed)
        service.state = "failed"
        return [.failure(line.text.sentence), .service(service)]
    }
}
