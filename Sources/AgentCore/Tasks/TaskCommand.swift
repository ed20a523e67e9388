import Model

/// What a step of a task runs: a process, or an operation of the container engine. Loop's thread only.
protocol TaskCommand: AnyObject {
    /// The process that leads the group of what runs on this host, if that is how it runs.
    var leader: Int32? { get }
    /// Whether the container that it runs stays when that has ended; nil: it runs none.
    var containerStays: Bool? { get }
    var outputHasEnded: Bool { get }
    /// While paused the output is not read, so that whoever prints it has to wait.
    var isPaused: Bool { get set }
    /// Begins to report. The handlers are called until `release`, and never before this returns.
    func start(_ handlers: CommandHandlers) throws
    /// Asks it to end now, makes it end after the grace. Its end is reported. Once only.
    func terminate(grace: Duration)
    /// Reports what it has printed and nobody has read yet.
    func drain()
    /// The same without a grace, for whoever is left.
    func kill()
    /// Ends the reports. The body is called when nobody is left who was told to end: now or later.
    func release(_ whenGone: @escaping () -> Void)
}

struct CommandHandlers {
    /// What was printed; valid during the call.
    var output: (OutputStream, UnsafeRawBufferPointer) -> Void
    /// Everybody has closed that stream.
    var endOfOutput: (OutputStream) -> Void
    /// The command itself has ended. Its output may still be held by what it left behind.
    var exit: (ProcessExit) -> Void
}
