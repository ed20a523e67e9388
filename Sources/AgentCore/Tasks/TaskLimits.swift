import Model

/// Bounds of what tasks may take, and the delays around them.
struct TaskLimits {
    /// Commands that run at one time.
    var concurrent = 64
    /// Tasks that are known at one time: running, or ended and not acknowledged. Beyond it the oldest ended one is
    /// forgotten.
    var known = 1024
    /// Output of all tasks that has not been acknowledged. While there is a gateway to take it, commands wait at this
    /// bound; without one the oldest lines go, after `awayGrace`.
    var spoolBytes = 16 << 20
    /// A task that holds less goes on when the floods of others have filled the spool; all such tasks together take a
    /// quarter of it more.
    var quietBytes: Int { spoolBytes / (4 * concurrent) }
    /// So long commands wait at the bound for a gateway that has gone away: it may have been restarted.
    var awayGrace: Duration = .seconds(10)
    /// The same for one task, while there is a gateway; no more than this is sent before an acknowledgement.
    var windowBytes = 2 << 20
    /// From SIGTERM to SIGKILL.
    var killGrace: Duration = .seconds(5)
    /// From the end of a command to the end of its task while a process that it left behind holds its output.
    var pipeGrace: Duration = .seconds(2)
    /// After this time a line is shown that has no break yet.
    var partialLineDelay: Milliseconds = 1000
    /// Acknowledged tasks whose ids are remembered, so that a request that comes again starts nothing.
    var remembered = 256
}
