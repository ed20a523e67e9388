import Model

/// What one line of output tells.
enum DeploymentFinding: Equatable, Sendable {
    /// It has come at least this far.
    case phase(DeploymentPhase)
    /// Said by the command itself: it is taken as it is.
    case progress(Int)
    /// So many of so many parts of the present phase are done.
    case part(done: Int, of: Int)
    /// One of the steps that the deployment is made of begins.
    /// - index: from 0.
    case step(index: Int, of: Int, name: String)
    case service(DeploymentService)
    /// Of the service that was last spoken of.
    case serviceState(String, DeploymentHealth)
    case message(String)
    /// Something went wrong. Whether all of it did, the exit code says.
    case failure(String)
    /// The last failure does not count, says the tool.
    case forgiven
}

/// Knows the output of one tool. Stateless: what has to be remembered is the analyzer's.
protocol DeploymentDialect: Sendable {
    /// What the line tells; empty when it is not this tool's.
    func read(_ line: DeploymentLine) -> [DeploymentFinding]
}
