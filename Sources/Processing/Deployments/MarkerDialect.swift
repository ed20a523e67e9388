import Model

/// Markers that a script prints for Sluice, on a line of their own:
///
///     ::progress 40 copying files
///     ::phase verifying
///     ::service web healthy listening on 8080
///     ::message two of three done
struct MarkerDialect: DeploymentDialect {
    func read(_ line: DeploymentLine) -> [DeploymentFinding] {
        guard line.text.hasPrefix("::") else { return [] }
        switch line.word(0) {
        case "::progress":
            guard let percent = Int(line.word(1).filter { $0 != "%" }), 0...100 ~= percent else { return [] }
            return [.progress(percent)] + message(line.words.dropFirst(2))
        case "::phase":
            guard let phase = DeploymentPhase(rawValue: String(line.word(1))), !phase.isFinal else { return [] }
            return [.phase(phase)] + message(line.words.dropFirst(2))
        case "::service":
            guard !line.word(1).isEmpty else { return [] }
            let health = DeploymentHealth(rawValue: String(line.word(2))) ?? .unknown
            let state = line.words.dropFirst(health == .unknown && line.word(2) != "unknown" ? 2 : 3)
            return [
                .service(
                    DeploymentService(
                        name: String(line.word(1)),
                        state: state.isEmpty ? String(line.word(2)) : state.joined(separator: " "), health: health))
            ]
        case "::message": return message(line.words.dropFirst())
        default: return []
        }
    }

    private func message(_ words: ArraySlice<Substring>) -> [DeploymentFinding] {
        words.isEmpty ? [] : [.message(words.joined(separator: " "))]
    }
}
