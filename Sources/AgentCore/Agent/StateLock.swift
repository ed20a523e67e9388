import Glibc

/// Holds the state of an agent's id for one process: two that write the same files would each undo the other's work.
/// The kernel gives it back when the process ends, however it ends.
final class StateLock {
    /// Between `fork` and `exec` a command has the lock too, so that of an agent that was killed just then it is free only
    /// a moment later. Nothing runs yet that would have to wait.
    private static let attempts = 60
    private static let pause: useconds_t = 50_000

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
        var attempts = Self.attempts
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            attempts -= 1
            guard attempts > 0 else {
                close(descriptor)
                throw .configuration("another agent with the id \(configuration.id) uses \(directory)")
            }
            usleep(Self.pause)
        }
    }

    deinit { close(descriptor) }
}
