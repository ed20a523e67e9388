import Model

/// `kubectl apply` (`deployment.apps/web configured`), `kubectl rollout status`, `helm install|upgrade`.
struct KubernetesDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        if let findings = rollout(line) { return findings }
        if let findings = helm(line) { return findings }
        return applied(line)
    }

    /// Workloads become services; what else is applied only shows that it goes on.
    private func applied(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.words.count == 2, line.word(0).contains("/"),
            ["created", "configured", "unchanged", "restarted", "scaled"].contains(line.word(1))
        else { return [] }
        let parts = line.word(0).split(separator: "/", maxSplits: 1)
        let kind = parts[0].split(separator: ".").first ?? ""
        guard parts.count == 2, Self.workloads.contains(String(kind)) else { return [.phase(.preparing)] }
        let isUnchanged = line.word(1) == "unchanged"
        return [
            .phase(.starting),
            .service(
                DeploymentService(
                    name: String(parts[1]), state: String(line.word(1)), health: isUnchanged ? .healthy : .unknown)),
            .message(String(line.text)),
        ]
    }

    private static let workloads: Set<String> = [
        "deployment", "statefulset", "daemonset", "pod", "job", "cronjob", "replicaset",
    ]

    private func rollout(_ line: DeploymentLine) -> [DeploymentFinding]? {
        let text = line.text
        if text.hasPrefix("Waiting for"), let name = text.between("\"", "\"") ?? text.between("set ", " ") {
            var findings: [DeploymentFinding] = [.phase(.verifying), .message(String(text))]
            if let (done, all) = Self.count(line) {
                findings.append(.part(done: done, of: all))
                findings.append(
                    .service(
                        DeploymentService(name: String(name), state: "\(done) of \(all) replicas", health: .degraded)))
            }
            return findings
        }
        if text.hasSuffix("successfully rolled out"), let name = text.between("\"", "\"") {
            return [
                .phase(.verifying), .message(String(text)),
                .service(DeploymentService(name: String(name), state: "rolled out", health: .healthy)),
            ]
        }
        if text.hasPrefix("error:") || text.hasPrefix("Error from server") {
            let name = text.between("deployment \"", "\"").map {
                DeploymentFinding.service(DeploymentService(name: String($0), state: "failed", health: .failed))
            }
            return [.failure(String(text))] + (name.map { [$0] } ?? [])
        }
        return nil
    }

    /// The first `2 of 3` or `2 out of 3`.
    private static func count(_ line: DeploymentLine) -> (Int, Int)? {
        for (index, word) in line.words.enumerated() {
            guard let done = Int(word), line.word(index + 1) == "of" || line.word(index + 1) == "out" else { continue }
            let last = line.word(index + (line.word(index + 1) == "of" ? 2 : 3))
            guard let all = Int(last), all > 0, 0...all ~= done else { continue }
            return (done, all)
        }
        return nil
    }

    private func helm(_ line: DeploymentLine) -> [DeploymentFinding]? {
        let text = line.text
        if let release = text.between("Release \"", "\""), text.contains("has been") || text.contains("does not exist")
        {
            let isDone = text.contains("has been")
            return [
                .phase(isDone ? .verifying : .preparing), .message(String(text)),
                .service(
                    DeploymentService(
                        name: String(release), state: isDone ? "upgraded" : "installing",
                        health: isDone ? .healthy : .unknown)),
            ]
        }
        if text.hasPrefix("Error: INSTALLATION FAILED") || text.hasPrefix("Error: UPGRADE FAILED") {
            return [.failure(String(text))]
        }
        if let status = text.after("STATUS: ") {
            return status == "failed" ? [.failure("helm: the release failed")] : [.phase(.verifying)]
        }
        return nil
    }
}
