/// How a task ended: the content of its final response.
struct TaskOutcome: Equatable {
    /// Why a task failed without its command having decided so. The names go over the wire.
    enum Reason: String {
        case notAllowed = "not_allowed"
        case unsupported
        case invalidCommand = "invalid_command"
        case spawnFailed = "spawn_failed"
        case tooManyTasks = "too_many_tasks"
        case agentStopped = "agent_stopped"
    }

    /// Why the agent ended the command.
    enum Termination: Equatable {
        case cancelled, timedOut, agentStopped
    }

    var exitCode: Int32?
    var isCancelled = false
    var isTimedOut = false
    var reason: Reason?
    /// A sentence for a person.
    var message: String?

    var isSuccess: Bool { exitCode == 0 && reason == nil && !isCancelled && !isTimedOut }

    /// The command did not run.
    static func rejected(_ reason: Reason, _ message: String) -> TaskOutcome {
        TaskOutcome(reason: reason, message: message)
    }

    /// The command has run.
    static func exited(_ exit: ProcessExit, after termination: Termination?) -> TaskOutcome {
        var outcome = TaskOutcome(exitCode: exit.code)
        switch termination {
        case .cancelled:
            outcome.isCancelled = true
            outcome.message = "cancelled"
        case .timedOut:
            outcome.isTimedOut = true
            outcome.message = "stopped at its timeout"
        case .agentStopped:
            outcome.reason = .agentStopped
            outcome.message = "the agent was stopped"
        case nil where exit.detail != nil: outcome.message = exit.detail
        case nil where exit.bySignal: outcome.message = "ended by signal \(exit.number)"
        case nil where exit.code != 0: outcome.message = "exit code \(exit.code)"
        case nil: break
        }
        return outcome
    }
}
