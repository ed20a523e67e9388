/// How the agent process ends.
package enum AgentExit: Error, Equatable, Sendable {
    /// Stopped by a signal, or only asked for its version: 0.
    case clean
    /// The command line or the environment is wrong: 64.
    case usage(String)
    /// The configuration file, or a file that it names, is wrong: 78.
    case configuration(String)
    /// The gateway will never take this agent as it is: 77.
    case refused(String)
    /// Anything else: 1.
    case failure(String)

    package var code: Int32 {
        switch self {
        case .clean: 0
        case .usage: 64
        case .configuration: 78
        case .refused: 77
        case .failure: 1
        }
    }

    /// For a person; nil when there is nothing to say.
    package var sentence: String? {
        switch self {
        case .clean: nil
        case .usage(let text), .configuration(let text), .refused(let text), .failure(let text): text
        }
    }
}
