import Model

/// Ansible (`TASK [name] ***`, `PLAY RECAP`) and systemctl (`Active: active (running)`, `Job for x failed`).
struct HostDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        switch line.word(0) {
        case "PLAY": play(line)
        case "TASK", "RUNNING":
            line.text.between("[", "]").map { [.phase(Self.phase(ofTask: $0)), .message("task \($0)")] } ?? []
        case "fatal:", "failed:": failed(line)
        case "●", "○", "×": unit(line)
        case "Active:": active(line)
        case "Job": job(line)
        default: recap(line)
        }
    }

    // MARK: - Ansible

    private func play(_ line: DeploymentLine) -> [DeploymentFinding] {
        line.word(1) == "RECAP"
            ? [.phase(.verifying)] : [.phase(.preparing), .message("play \(line.text.between("[", "]") ?? "")")]
    }

    private static func phase(ofTask name: Substring) -> DeploymentPhase {
        let name = name.lowercased()
        if name.contains("gathering facts") { return .preparing }
        if ["pull", "download", "fetch"].contains(where: name.contains) { return .pulling }
        if ["build", "compile"].contains(where: name.contains) { return .building }
        if ["verify", "wait for", "health", "check"].contains(where: name.contains) { return .verifying }
        return .starting
    }

    private func failed(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard let host = line.text.between("[", "]") else { return [] }
        let reason = line.text.between("\"msg\": \"", "\"") ?? line.text
        return [
            .failure("\(host): \(reason)"),
            .service(DeploymentService(name: String(host), state: "failed", health: .failed)),
        ]
    }

    /// `web1 : ok=3 changed=1 unreachable=0 failed=0 …`
    private func recap(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(1) == ":", line.word(2).hasPrefix("ok=") else { return [] }
        func number(_ name: String) -> Int {
            line.words.lazy.compactMap { $0.after(name + "=") }.first.flatMap { Int($0) } ?? 0
        }
        let bad = number("failed") + number("unreachable")
        let state = "ok=\(number("ok")) changed=\(number("changed")) failed=\(bad)"
        return [
            .phase(.verifying),
            .service(
                DeploymentService(name: String(line.word(0)), state: state, health: bad == 0 ? .healthy : .failed)),
        ]
    }

    // MARK: - systemctl

    /// `● nginx.service - A web server`: what follows is about it.
    private func unit(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(1).contains(".") else { return [] }
        let health: DeploymentHealth = line.word(0) == "×" ? .failed : .unknown
        return [
            .phase(.verifying),
            .service(DeploymentService(name: String(line.word(1)), state: "", health: health)),
        ]
    }

    /// Of the unit named before, which is the service that came last: an empty name stands for it.
    private func active(_ line: DeploymentLine) -> [DeploymentFinding] {
        let state = line.words.dropFirst().prefix(2).joined(separator: " ")
        let health: DeploymentHealth =
            switch line.word(1) {
            case "active": .healthy
            case "failed": .failed
            default: .degraded
            }
        return [.service(DeploymentService(name: "", state: state, health: health))]
    }

    private func job(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(1) == "for", line.text.contains(" failed") else { return [] }
        return [
            .failure(String(line.text)),
            .service(DeploymentService(name: String(line.word(2)), state: "failed", health: .failed)),
        ]
    }
}
