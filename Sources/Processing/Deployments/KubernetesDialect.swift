import Model

/// `kubectl apply` (`deployment.apps/web configured`), `kubectl rollout status`.
struct KubernetesDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        if line.word(0) == "Waiting" { return waiting(line) }
        if line.word(0) == "error:" || line.text.has("Error from server") { return refused(line) }
        if line.text.hasSuffix("successfully rolled out") { return rolledOut(line) }
        return line.wordCount == 2 ? applied(line) : []
    }

    /// Workloads become services; what else is applied only shows that it goes on.
    private func applied(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard let slash = line.word(0).index(of: UInt8(ascii: "/")), Self.isResult(line.word(1)) else { return [] }
        let kind = line.word(0).prefix(line.word(0).index(of: UInt8(ascii: ".")) ?? slash)
        guard Self.isWorkload(kind.count < slash ? kind : line.word(0).prefix(slash)) else {
            return [.phase(.preparing)]
        }
        return [
            .phase(.starting),
            .service(
                DeploymentService(
                    name: line.word(0).from(slash + 1), state: line.word(1),
                    health: line.word(1) == "unchanged" ? .healthy : .unknown)),
            .message(line.text.sentence),
        ]
    }

    private static func isResult(_ word: ByteText) -> Bool {
        switch word {
        case "created", "configured", "unchanged", "restarted", "scaled": true
        default: false
        }
    }

    private static func isWorkload(_ kind: ByteText) -> Bool {
        switch kind {
        case "deployment", "statefulset", "daemonset", "pod", "job", "cronjob", "replicaset": true
        default: false
        }
    }

    // MARK: - rollout status

    private func waiting(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(1) == "for", let name = line.text.between("\"", "\"") ?? line.text.between("set ", " ") else {
            return []
        }
        var findings: [DeploymentFinding] = [.phase(.verifying), .message(line.text.sentence)]
        if let (done, all) = Self.count(line.text) {
            var service = DeploymentService(name: name, state: name, health: .degraded)
            service.state = "\(done) of \(all) replicas"
            findings += [.part(done: done, of: all), .service(service)]
        }
        return findings
    }

    /// The first `2 of 3` or `2 out of 3`.
    private static func count(_ text: ByteText) -> (Int, Int)? {
        guard let of = text.index(of: " of ") else { return nil }
        let before = text.prefix(of)
        let left = before.hasSuffix(" out") ? before.prefix(before.count - 4) : before
        let done = left.from((left.lastIndex(of: UInt8(ascii: " ")) ?? -1) + 1)
        let all = text.slice(of + 4, of + 4 + text.digitRun(at: of + 4))
        guard let done = done.unsigned, let all = all.unsigned, all > 0, 0...all ~= done else { return nil }
        return (done, all)
    }

    private func rolledOut(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard let name = line.text.between("\"", "\"") else { return [] }
        var service = DeploymentService(name: name, state: name, health: .healthy)
        service.state = "rolled out"
        return [.phase(.verifying), .message(line.text.sentence), .service(service)]
    }

    /// `error: deployment "web" exceeded its progress deadline`
    private func refused(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard let name = line.text.between("deployment \"", "\"") else { return [.failure(line.text.sentence)] }
        var service = DeploymentService(name: name, state: name, health: .failed)
        service.state = "failed"
        return [.failure(line.text.sentence), .service(service)]
    }
}
