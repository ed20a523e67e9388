import Model

/// `helm install`, `helm upgrade`.
struct HelmDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        switch line.word(0) {
        case "Release": release(line)
        case "STATUS:": line.word(1) == "failed" ? [.failure("helm: the release failed")] : [.phase(.verifying)]
        case "Error:":
            line.text.has("Error: INSTALLATION FAILED") || line.text.has("Error: UPGRADE FAILED")
                ? [.failure(line.text.sentence)] : []
        default: []
        }
    }

    private func release(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard let name = line.text.between("Release \"", "\"") else { return [] }
        let isDone = line.text.contains("has been")
        guard isDone || line.text.contains("does not exist") else { return [] }
        var service = DeploymentService(name: name, state: name, health: isDone ? .healthy : .unknown)
        service.state = isDone ? "upgraded" : "installing"
        return [.phase(isDone ? .verifying : .preparing), .message(line.text.sentence), .service(service)]
    }
}
