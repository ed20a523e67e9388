import Model

/// Markers that a script prints for Sluice, on a line of their own; `::step` is printed by the agent before each step of
/// a deployment.
///
///     ::step 2/3 start the containers
///     ::progress 40 copying files
///     ::phase verifying
///     ::service web healthy listening on 8080
///     ::message two of three done
struct MarkerDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.text.has("::") else { return [] }
        switch line.word(0) {
        case "::step": return step(line)
        case "::progress":
            guard let percent = Self.percent(line.word(1)), 0...100 ~= percent else { return [] }
            return [.progress(percent)] + message(line.rest(2))
        case "::phase":
            guard let phase = DeploymentPhase(rawValue: line.word(1).string(upTo: 32)), !phase.isFinal else {
                return []
            }
            return [.phase(phase)] + message(line.rest(2))
        case "::service": return service(line)
        case "::message": return message(line.rest(1))
        default: return []
        }
    }

    private func step(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard let (number, count) = line.word(1).fraction, number >= 1, number <= count else { return [] }
        return [.step(index: number - 1, of: count, name: line.rest(2).string(upTo: 128))]
    }

    private func service(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard !line.word(1).isEmpty else { return [] }
        let health = DeploymentHealth(rawValue: line.word(2).string(upTo: 32))
        let state = health == nil || line.rest(3).isEmpty ? line.rest(2) : line.rest(3)
        return [.service(DeploymentService(name: line.word(1), state: state, health: health ?? .unknown))]
    }

    private func message(_ text: ByteText) -> [DeploymentFinding] { text.isEmpty ? [] : [.message(text.sentence)] }

    private static func percent(_ word: ByteText) -> Int? {
        word.hasSuffix("%") ? word.prefix(word.count - 1).unsigned : word.unsigned
    }
}
