import Model
import Reactor

/// One task from its start until the gateway has its last word: the command, its output as numbered lines, its end.
/// Loop's thread only.
final class TaskRun {
    let id: TaskID
    let order: TaskOrder
    /// Nanoseconds since 1970.
    let startedAt: UInt64
    private(set) var finishedAt: UInt64?
    private(set) var outcome: TaskOutcome?
    var spool = TaskSpool()
    /// What the connection knows of it.
    var report = TaskReportState()
    /// The gateway does not know this task (any more): it ends without a report.
    private(set) var isForgotten = false

    private struct Output {
        var splitter = LineSplitter()
        /// Since when there is a line without an end.
        var partialSince: MonotonicTime?

        /// The pipe is at its end.
        consuming func finish(into sink: LineSplitter.Sink) { splitter.finish(into: sink) }
    }

    /// What is run, one after the other, and which one is.
    private let steps: [TaskStep]
    private var step = 0
    private let loop: EventLoop
    private let limits: TaskLimits
    private var process: (any TaskCommand)?
    private var exit: ProcessExit?
    private var termination: TaskOutcome.Termination?
    private var outputs: [OutputStream: Output] = [.stdout: Output(), .stderr: Output()]
    private var environment: TaskEnvironment?
    private var timeoutTimer: LoopTimer?
    private var stepTimer: LoopTimer?
    private var graceTimer: LoopTimer?
    private var partialTimer: LoopTimer?
    /// Another process leads the task's group now, or none.
    var onCommandChanged: () -> Void = {}
    /// Releases the command; what it may have left behind is not this object's.
    var onCommandEnded: (any TaskCommand) -> Void = { $0.release {} }
    /// Lines were added, or the task ended.
    private var onProgress: (TaskRun) -> Void = { _ in }

    init(_ order: TaskOrder, loop: EventLoop, limits: TaskLimits) {
        id = order.id
        self.order = order
        steps = order.command.steps
        self.loop = loop
        self.limits = limits
        startedAt = unixNanoseconds()
    }

    var isFinal: Bool { outcome != nil }
    var isRunning: Bool { process != nil }
    /// The process that leads the task's group, while one runs.
    var pid: Int32? { process?.leader }
    /// The container that it runs at present.
    var container: RunContainers.Run? { process?.containerStays.map { .init(task: id, stays: $0) } }
    /// The number of the final marker: one more than the last line's.
    var finalSeq: UInt64 { spool.lastSeq + 1 }

    /// While paused the output pipes are not read, so that the command waits.
    var isPaused = false {
        didSet {
            guard isPaused != oldValue else { return }
            process?.isPaused = isPaused
            // While the pipes were not read, it was not the command's fault that a line has no end.
            for stream in outputs.keys where outputs[stream]?.partialSince != nil {
                outputs[stream]?.partialSince = .now
            }
        }
    }

    // MARK: - Life

    /// Starts the first command; a failure to do so is an outcome like any other.
    func start(environment: TaskEnvironment, onProgress: @escaping (TaskRun) -> Void) {
        self.onProgress = onProgress
        self.environment = environment
        timeoutTimer = order.timeout.map(timer)
        startStep()
    }

    private func startStep() {
        guard let environment else { return }
        let current = steps[step]
        if let boundary = current.boundary(number: step + 1, of: steps.count) {
            boundary.withUnsafeBytes { sink(for: .stdout)($0, false) }
        }
        do {
            let process = try command(for: current.work, environment)
            try process.start(handlers)
            process.isPaused = isPaused
            self.process = process
            onCommandChanged()
        } catch {
            let sentence = (error as? SpawnError)?.sentence ?? (error as? EngineError)?.sentence ?? "\(error)"
            return reject(.spawnFailed, "the command could not be started: \(sentence)")
        }
        stepTimer = current.timeout.map(timer)
    }

    private func command(for work: TaskStep.Work, _ environment: TaskEnvironment) throws -> any TaskCommand {
        switch work {
        case .shell(let command):
            try ChildProcess(
                loop: loop, arguments: [Array("bash".utf8), Array("-c".utf8), command],
                environment: environment.variables, directory: environment.directory)
        case .docker(let order):
            if let containers = environment.containers {
                DockerCommand(order, engine: containers.engine, labels: containers.labels(of: id))
            } else {
                throw EngineError.unavailable("this agent was started with --docker-host none")
            }
        }
    }

    /// The next step's command takes the place of the one that has ended.
    private func startNextStep() {
        endProcess()
        exit = nil
        outputs = [.stdout: Output(), .stderr: Output()]
        step += 1
        startStep()
        if outcome == nil { onProgress(self) }
    }

    private func timer(after timeout: Milliseconds) -> LoopTimer {
        loop.schedule(after: .milliseconds(timeout)) { [unowned self] in
            // unowned: the timer ends with this object.
            terminate(.timedOut)
        }
    }

    /// Ends the task before its command ran.
    func reject(_ reason: TaskOutcome.Reason, _ message: String) {
        finish(.rejected(reason, message))
    }

    /// SIGTERM to the command's process group, SIGKILL after the grace. The first reason counts.
    func terminate(_ reason: TaskOutcome.Termination) {
        guard let process, termination == nil, exit == nil || !process.outputHasEnded else { return }
        termination = reason
        process.terminate(grace: limits.killGrace)
    }

    /// Ends the command; nobody is told.
    func forget() {
        isForgotten = true
        terminate(.cancelled)
    }

    // MARK: - What the process does

    /// Each handler is one call of a method, which keeps this object alive for its time: the end of a task may be the
    /// end of the last reference to it. unowned: the process belongs to this object, which releases it.
    private var handlers: ChildProcess.Handlers {
        ChildProcess.Handlers(
            output: { [unowned self] in received($1, from: $0) },
            endOfOutput: { [unowned self] in outputEnded($0) },
            exit: { [unowned self] in exited($0) })
    }

    private func received(_ bytes: UnsafeRawBufferPointer, from stream: OutputStream) {
        let lines = spool.lastSeq
        outputs[stream]?.splitter.consume(bytes, into: sink(for: stream))
        notePartialLine(of: stream, isNew: spool.lastSeq != lines)
        onProgress(self)
    }

    private func outputEnded(_ stream: OutputStream) {
        outputs.removeValue(forKey: stream)?.finish(into: sink(for: stream))
        finishIfComplete()
    }

    private func exited(_ exit: ProcessExit) {
        self.exit = exit
        finishIfComplete()
        if outcome == nil, self.exit != nil { startGrace() }
    }

    private func sink(for stream: OutputStream) -> LineSplitter.Sink {
        let time = unixNanoseconds()
        return { [self] bytes, truncated in
            spool.append(bytes, stream: stream, truncated: truncated, atUnixNanoseconds: time)
        }
    }

    // MARK: - Lines without an end

    /// After a while such a line is shown, as a part that will be continued: it may be a question.
    private func notePartialLine(of stream: OutputStream, isNew: Bool) {
        guard let output = outputs[stream] else { return }
        if !output.splitter.hasPartial {
            outputs[stream]?.partialSince = nil
        } else if isNew || output.partialSince == nil {
            outputs[stream]?.partialSince = .now
        }
        watchPartialLines(after: limits.partialLineDelay)
    }

    private func watchPartialLines(after delay: Milliseconds) {
        guard partialTimer == nil, outputs.values.contains(where: { $0.partialSince != nil }) else { return }
        partialTimer = loop.schedule(after: .milliseconds(delay)) { [unowned self] in showPartialLines() }
    }

    private func showPartialLines() {
        partialTimer = nil
        var wait = limits.partialLineDelay
        for stream in outputs.keys.sorted(by: { $0.rawValue < $1.rawValue }) where !isPaused {
            guard let since = outputs[stream]?.partialSince else { continue }
            let age = MonotonicTime.now.milliseconds(since: since)
            if age >= limits.partialLineDelay {
                outputs[stream]?.splitter.flushPartial(into: sink(for: stream))
                outputs[stream]?.partialSince = nil
            } else {
                wait = min(wait, limits.partialLineDelay - age)
            }
        }
        watchPartialLines(after: wait)
        onProgress(self)
    }

    // MARK: - The end

    /// The command has ended, but somebody it left behind holds a pipe.
    private func startGrace() {
        graceTimer = loop.schedule(after: limits.pipeGrace) { [unowned self] in graceIsOver() }
    }

    private func graceIsOver() {
        // What is in a pipe that is not read at present is still the command's output.
        guard !isPaused else { return startGrace() }
        process?.drain()
        guard outcome == nil, exit != nil else { return }  // that was all of it
        for stream in [OutputStream.stdout, .stderr] {
            outputs.removeValue(forKey: stream)?.finish(into: sink(for: stream))
        }
        finishWithExit()
    }

    private func finishIfComplete() {
        guard let process, process.outputHasEnded, exit != nil else { return onProgress(self) }
        finishWithExit()
    }

    private func finishWithExit() {
        guard let exit else { return }
        if exit.code == 0, termination == nil, step + 1 < steps.count { return startNextStep() }
        finish(.exited(exit, after: termination))
    }

    private func finish(_ outcome: TaskOutcome) {
        self.outcome = outcome
        finishedAt = unixNanoseconds()
        timeoutTimer = nil
        outputs = [:]
        endProcess()
        onProgress(self)
    }

    private func endProcess() {
        stepTimer = nil
        graceTimer = nil
        partialTimer = nil
        guard let process else { return }
        self.process = nil
        onCommandEnded(process)
        onCommandChanged()
    }
}

/// What has been sent of a task on the present connection, beside its lines.
struct TaskReportState {
    var startWasSent = false
    var finalWasSent = false
}
