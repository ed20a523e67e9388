import Glibc
import Logging

/// The token of the next Hello: the agent's own, once an enrolment gave it one, else that of the command line.
/// The agent's own is kept in the state directory, in a file that only the agent's user can read.
final class TokenStore {
    private let path: String?
    private let log: Logger
    private(set) var current: String?

    init(_ configuration: AgentConfiguration, log: Logger) {
        self.log = log
        path = configuration.stateDirectory.map { "\($0)/token-\(configuration.id)" }
        current = configuration.token
        guard let path, access(path, F_OK) == 0 else { return }
        do {
            current = try TokenFile.read(path)
            log.info("using the token of an earlier enrolment", metadata: ["file": "\(path)"])
        } catch {
            log.error("\(error.sentence ?? "the token cannot be read")")
        }
    }

    /// The gateway has given the agent a token of its own. Returns what went wrong where it cannot be kept although it
    /// should be: then the token of before is still the agent's, because the gateway takes the new one for kept, and the
    /// one that enrolled for spent, as soon as the agent speaks.
    func keep(_ token: String) -> String? {
        guard token != current else { return nil }
        if let path {
            if let problem = TokenFile.write(token, to: path) { return "\(path): \(problem)" }
        } else {
            log.warning("the gateway gave this agent a token of its own; without --state-dir it is lost at the end")
        }
        current = token
        return nil
    }
}
