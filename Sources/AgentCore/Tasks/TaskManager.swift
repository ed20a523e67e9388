import CProcess
import Logging
import Model
import Reactor
import Wire

/// All tasks of the agent: what the gateway orders, what it has acknowledged, and how much of their output may wait.
/// Loop's thread only.
final class TaskManager {
    /// Kinds that this agent has a way to run, of all that `--allow` can name.
    static let supportedKinds = ["shell", "docker", "deploy"]

    private let loop: EventLoop
    private let allowed: Set<String>
    private let limits: TaskLimits
    private let environment: TaskEnvironment
    private let groups: CommandGroups
    private let containers: RunContainers?
    private let log: Logger
    /// unowned: the agent owns the session and this object, and drops both at its end.
    private unowned let sink: any FrameSink

    /// In the order in which they came.
    private var runs: [TaskRun] = []
    /// Ids of tasks that were acknowledged, oldest first: see `TaskLimits.remembered`.
    private var remembered: [TaskID] = []
    private var isConnected = false
    /// Runs while commands wait for a gateway that has gone away.
    private var awayTimer: LoopTimer?
    private var dropsAreLogged = false
    private var onAllEnded: (() -> Void)?
    /// Written once, in `init`: it tells this object.
    private var ending: EndingCommands!

    init(
        loop: EventLoop, allowed: Set<String>, limits: TaskLimits, groups: CommandGroups,
        containers: RunContainers?, log: Logger, sink: any FrameSink
    ) {
        self.loop = loop
        self.allowed = allowed
        self.limits = limits
        self.groups = groups
        self.containers = containers
        self.log = log
        self.sink = sink
        environment = .inherited(containers: containers)
        groups.endLeftovers(grace: limits.killGrace)
        containers?.endLeftovers(grace: limits.killGrace)
        ending = EndingCommands(loop: loop, groups: groups) { [unowned self] in
            // unowned: it belongs to this object.
            noteCommands()
            checkAllEnded()
        }
    }

    /// The commands that run, for the metrics.
    var roots: [TaskRoot] {
        runs.compactMap { run in run.pid.map { TaskRoot(taskID: run.id.text, pid: $0) } }
    }

    /// What the Hello says of the tasks: those that run, and those whose end the gateway may not have.
    var standings: [TaskStanding] {
        runs.filter { !$0.isForgotten }
            .map { TaskStanding(id: $0.id, lastSeq: $0.spool.lastSeq, isFinal: $0.isFinal) }
    }

    /// Bytes of output that wait for an acknowledgement.
    var spooledBytes: Int { runs.reduce(0) { $0 + $1.spool.byteCount } }

    /// Lines that had to go before they were acknowledged, since the start.
    private(set) var droppedLines: UInt64 = 0

    // MARK: - The session

    /// A session has opened; `known` is where the gateway stands. Output goes on from there.
    func sessionOpened(known: [TaskStanding]) {
        isConnected = true
        awayTimer = nil
        dropsAreLogged = false
        let known = Dictionary(known.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for run in runs {
            guard let standing = known[run.id] else {
                log.notice("the gateway does not know the task: it is ended", metadata: ["task": "\(run.id)"])
                forget(run)
                continue
            }
            run.report = TaskReportState()
            run.spool.rewind(to: standing.lastSeq)
            if standing.isFinal, run.isFinal { forget(run) }
        }
        flushAll()
    }

    func sessionLost() {
        isConnected = false
        awayTimer = loop.schedule(after: limits.awayGrace) { [unowned self] in
            // unowned: the timer ends with this object.
            awayTimer = nil
            balance()
        }
        balance()
    }

    /// There is room again on the way to the gateway.
    func drained() { flushAll() }

    // MARK: - What the gateway says

    func start(_ order: TaskOrder) {
        guard !remembered.contains(order.id), !runs.contains(where: { $0.id == order.id }) else { return }
        makeRoomForOne()
        let run = TaskRun(order, loop: loop, limits: limits)
        runs.append(run)
        if let refusal = refusal(of: order) {
            log.notice("task refused: \(refusal.message)", metadata: ["task": "\(order.id)"])
            run.reject(refusal.reason, refusal.message)
            flush(run)
            return
        }
        // unowned: the runs belong to this object.
        run.onCommandChanged = { [unowned self] in noteCommands() }
        run.onCommandEnded = { [unowned self] in ending.take($0) }
        log.info("task started", metadata: ["task": "\(order.id)", "kind": "\(order.command.kind)"])
        run.start(environment: environment) { [unowned self] in
            // unowned: the runs belong to this object.
            progressed($0)
        }
        flush(run)
    }

    /// Does nothing for a task that has ended, or that nobody knows.
    func cancel(_ id: TaskID) { run(id)?.terminate(.cancelled) }

    /// The gateway has the task's lines up to `seq` safe, and with `isFinal` its end too.
    func acknowledge(_ id: TaskID, upTo seq: UInt64, isFinal: Bool) {
        guard let run = run(id) else { return }
        run.spool.acknowledge(upTo: seq)
        if isFinal, run.report.finalWasSent { forget(run) }
        flush(run)
        balance()
    }

    // MARK: - The end

    /// Ends all commands, then calls `body`. Each has the grace to end by itself, and so has all of its group.
    func stop(_ body: @escaping () -> Void) {
        onAllEnded = body
        balance()
        for run in runs { run.terminate(.agentStopped) }
        ending.hurry()
        checkAllEnded()
    }

    private func checkAllEnded() {
        guard let body = onAllEnded, runs.allSatisfy(\.isFinal), ending.isEmpty else { return }
        onAllEnded = nil
        body()
    }

    // MARK: -

    private func noteCommands() {
        groups.note(runs.compactMap(\.pid) + ending.leaders)
        containers?.note(runs.compactMap(\.container))
    }

    private func run(_ id: TaskID) -> TaskRun? { runs.first { $0.id == id && !$0.isForgotten } }

    private func refusal(of order: TaskOrder) -> (reason: TaskOutcome.Reason, message: String)? {
        let kind = order.command.kind
        guard allowed.contains(kind) else {
            return (.notAllowed, "this agent was not started with --allow \(kind)")
        }
        guard runs.filter(\.isRunning).count < limits.concurrent else {
            return (.tooManyTasks, "\(limits.concurrent) tasks run already")
        }
        guard onAllEnded == nil else { return (.agentStopped, "the agent is stopping") }
        if case .unsupported = order.command {
            return (.unsupported, "this agent has no way to run tasks of the kind \(kind)")
        }
        if case .invalid(_, let reason) = order.command { return (.invalidCommand, reason) }
        let steps = order.command.steps
        guard !steps.isEmpty else { return (.invalidCommand, "a deployment without steps") }
        guard !steps.contains(where: \.hasNUL) else {
            return (.invalidCommand, "a command cannot have a NUL in it")
        }
        return nil
    }

    private func progressed(_ run: TaskRun) {
        flush(run)
        if run.isFinal { ended(run) }
        balance()
    }

    private func ended(_ run: TaskRun) {
        let code = run.outcome?.exitCode.map { "\($0)" } ?? "none"
        log.info(
            "task ended",
            metadata: ["task": "\(run.id)", "exit_code": "\(code)", "lines": "\(run.spool.lastSeq)"])
        if run.isForgotten { forget(run) }
        checkAllEnded()
    }

    /// One whose command still runs goes once that has ended.
    private func forget(_ run: TaskRun) {
        guard run.isFinal else { return run.forget() }
        runs.removeAll { $0 === run }
        remembered.append(run.id)
        if remembered.count > limits.remembered { remembered.removeFirst() }
        if run.spool.lastSeq > 10_000 { cp_return_memory() }
    }

    private func makeRoomForOne() {
        guard runs.count >= limits.known, let oldest = runs.first(where: \.isFinal) else { return }
        log.warning("too many tasks without an acknowledgement: one is forgotten", metadata: ["task": "\(oldest.id)"])
        forget(oldest)
    }

    // MARK: - Sending

    private func flush(_ run: TaskRun) {
        while sink.hasRoom, isDue(run) { sendReport(run) }
    }

    /// One frame of each task in turn, so that a flood of one does not keep the others waiting.
    private func flushAll() {
        var due = runs.filter(isDue)
        while !due.isEmpty {
            for run in due {
                guard sink.hasRoom else { return }
                sendReport(run)
            }
            due = due.filter(isDue)
        }
        balance()
    }

    private func isDue(_ run: TaskRun) -> Bool { TaskReport.isDue(run, window: limits.windowBytes) }

    private func sendReport(_ run: TaskRun) {
        sink.send { .taskResponse(TaskReport.make(run, maximumFrame: sink.maximumFrame, in: $0)) }
    }

    // MARK: - Bounds

    /// With a gateway, a command whose output is not acknowledged has to wait. Shortly after it has gone away, commands
    /// wait when the spool is full. Whoever holds less than `quietBytes` need not wait for others. Without a gateway, or
    /// when the agent is about to end, all run on, and the oldest lines of whoever holds most go.
    private func balance() {
        let total = spooledBytes
        let isFull = total >= limits.spoolBytes
        let mayWait = (isConnected || awayTimer != nil) && onAllEnded == nil
        for run in runs where run.isRunning {
            let held = run.spool.byteCount
            if mayWait, (isFull && held >= limits.quietBytes) || (isConnected && held >= limits.windowBytes) {
                run.isPaused = true
            } else if !mayWait || !isConnected || held <= limits.windowBytes / 2 {
                run.isPaused = false
            }
        }
        if !mayWait { drop(total - limits.spoolBytes) }
    }

    private func drop(_ excess: Int) {
        var excess = excess
        while excess > 0, let largest = runs.max(by: { $0.spool.byteCount < $1.spool.byteCount }) {
            let bytes = largest.spool.byteCount
            let lines = largest.spool.droppedLines
            largest.spool.dropOldest(freeing: excess)
            excess -= bytes - largest.spool.byteCount
            droppedLines += largest.spool.droppedLines - lines
            guard !dropsAreLogged else { continue }
            dropsAreLogged = true
            log.warning(
                "the spool is full and nobody takes it: the oldest output is dropped",
                metadata: ["task": "\(largest.id)"])
        }
    }
}
