import Glibc

/// Holds the state of an agent's id for one process: two that write the same files would each undo the other's work.
/// The kernel gives it back when the process ends, however it ends.
final class StateLock {
    private let descriptor: Int32

    /// Nil where nothing is kept.
    init?(_ configuration: AgentConfiguration) throws(AgentExit) {
        guard let directory = configuration.stateDirectory else { return nil }
        StateFile.makeDirectory(directory)
        let path = "\(directory)/lock-\(configuration.id)"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .configuration("cannot use the state directory: \(path): \(StateFile.lastError())")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .configuration("another agent with the id \(configuration.id) uses \(directory)")
        }
    }

    deinit { close(descriptor) }
}
