import Model

/// Ansible: `TASK [name] ***`, `changed: [web1]`, `fatal: [web2]: FAILED! => {…}`, `PLAY RECAP`. The hosts are the
/// services.
struct AnsibleDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        switch line.word(0) {
        case "PLAY": play(line)
        case "TASK", "RUNNING": task(line)
        case "ok:", "changed:": passed(line)
        case "fatal:", "failed:": failed(line)
        case "...ignoring": [.forgiven]
        default: line.word(1) == ":" && line.word(2).has("ok=") ? recap(line) : []
        }
    }

    private func play(_ line: DeploymentLine) -> [DeploymentFinding] {
        if line.word(1) == "RECAP" { return [.phase(.verifying)] }
        let name = line.text.between("[", "]")?.string(upTo: 128) ?? ""
        return [.phase(.preparing), .message("play \(name)")]
    }

    private func task(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard let name = line.text.between("[", "]") else { return [] }
        return [.phase(Self.phase(of: name)), .message("task \(name.string(upTo: 128))")]
    }

    private static func phase(of name: ByteText) -> DeploymentPhase {
        func has(_ words: StaticString...) -> Bool { words.contains { name.containsIgnoringCase($0) } }
        if has("gathering facts") { return .preparing }
        if has("pull", "download", "fetch") { return .pulling }
        if has("build", "compile") { return .building }
        if has("verify", "wait for", "health", "check") { return .verifying }
        return .starting
    }

    /// `changed: [web1]`, `ok: [web1 -> localhost] => …`. Whether the host is well, the recap says.
    private func passed(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.word(1)[0] == UInt8(ascii: "["), let host = Self.host(line) else { return [] }
        let state = line.word(0).prefix(line.word(0).count - 1)
        return [.service(DeploymentService(name: host, state: state, health: .unknown))]
    }

    private func failed(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard let host = Self.host(line) else { return [] }
        var service = DeploymentService(name: host, state: host, health: .failed)
        service.state = line.text.contains("UNREACHABLE!") ? "unreachable" : "failed"
        return [.failure("\(service.name): \(Self.reason(line.text).string(upTo: 250))"), .service(service)]
    }

    private static func host(_ line: DeploymentLine) -> ByteText? {
        guard let place = line.text.between("[", "]"), !place.isEmpty else { return nil }
        return place.prefix(place.index(of: " ") ?? place.count)
    }

    /// What the module says; where that is only that the command failed, what the command said.
    private static func reason(_ text: ByteText) -> ByteText {
        let message = text.between("\"msg\": \"", "\"")
        if message == nil || message! == "non-zero return code", let said = text.between("\"stderr\": \"", "\""),
            !said.isEmpty
        {
            return said
        }
        return message ?? text
    }

    /// `web1 : ok=3 changed=1 unreachable=0 failed=0 …`
    private func recap(_ line: DeploymentLine) -> [DeploymentFinding] {
        func number(_ name: StaticString) -> Int {
            guard let start = line.text.index(of: name).map({ $0 + name.utf8CodeUnitCount }) else { return 0 }
            return line.text.slice(start, start + line.text.digitRun(at: start)).unsigned ?? 0
        }
        let bad = number(" failed=") &+ number(" unreachable=")
        var service = DeploymentService(name: line.word(0), state: line.word(0), health: bad == 0 ? .healthy : .failed)
        service.state = "ok=\(number(" ok=")) changed=\(number(" changed=")) failed=\(bad)"
        return [.phase(.verifying), .service(service)]
    }
}
