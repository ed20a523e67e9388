import JSON
import Logging
import Model
import Reactor

/// The containers that tasks run. They have labels, and their tasks are noted on disk: a container outlives an agent that
/// is killed, and is then ended by its next life, as commands are. One whose task has ended is left alone, whatever it
/// does: somebody may have started it again. Loop's thread only.
final class RunContainers {
    struct Run: Equatable {
        var task: TaskID
        /// It was given a name, and is not removed at its end.
        var stays: Bool
    }

    private static let agentLabel = "sluice.agent"
    private static let taskLabel = "sluice.task"
    /// More than tasks that run at one time.
    private static let maximum = 128
    private static let retryDelay: Duration = .seconds(10)
    private static let timeout: Duration = .seconds(60)

    let engine: ContainerEngine
    private let agent: String
    private let log: Logger
    /// Nil: nothing is kept.
    private let notes: TaskNotes?
    private var running: [Run] = []
    /// Of an earlier life, until they are known to have ended.
    private var leftovers: [Run] = []
    private var grace: Duration = .zero
    private var list: EngineCall?
    private var calls: [String: EngineCall] = [:]
    private var hasFailed = false
    private var problemIsLogged = false
    private var retry: LoopTimer?

    init(path: String?, agent: String, engine: ContainerEngine, log: Logger) {
        self.engine = engine
        self.agent = agent
        self.log = log
        notes = path.map { TaskNotes(path: $0, log: log) }
    }

    /// Of the container of a task.
    func labels(of task: TaskID) -> [(name: String, value: String)] {
        [(Self.agentLabel, agent), (Self.taskLabel, task.text)]
    }

    /// These run now.
    func note(_ runs: [Run]) {
        guard runs != running else { return }
        running = runs
        write()
    }

    /// Before the first task: ends what an earlier life of the agent left behind, as soon as the engine can be asked.
    func endLeftovers(grace: Duration) {
        self.grace = grace
        leftovers = (notes?.read() ?? []).prefix(Self.maximum).compactMap(Run.init)
        if !leftovers.isEmpty { look() }
    }

    private func write() { notes?.write((leftovers + running).compactMap(\.line)) }

    // MARK: - What was left behind

    private func look() {
        let filters = JSONWriter.render { writer in
            writer.object { $0.array("label") { $0.value("\(Self.agentLabel)=\(agent)") } }
        }
        let query = [("all", "1"), ("filters", String(decoding: filters, as: UTF8.self))]
        // unowned, here and below: calls and timers belong to this object.
        list = engine.json(HTTPCall(.get, "/containers/json", query)) { [unowned self] in listed($0) }
    }

    private func listed(_ result: Result<JSONValue, EngineError>) {
        switch result {
        case .failure(let error): lookAgain(because: error)
        case .success(let answer):
            hasFailed = false
            let found = (answer.array ?? []).compactMap { container in
                leftover(container).map { (container: container, run: $0) }
            }
            for (container, run) in found.prefix(Self.maximum) { end(container, of: run) }
            guard !calls.isEmpty else { return finish() }
            log.notice(
                "containers of tasks were left behind when the agent was killed: they are ended",
                metadata: ["count": "\(calls.count)"])
        }
    }

    private func leftover(_ container: JSONValue) -> Run? {
        let labels = container["Labels"]
        guard labels?[Self.agentLabel]?.string == agent, let task = labels?[Self.taskLabel]?.string else { return nil }
        return leftovers.first { $0.task.text == task }
    }

    /// As the end of its task would have: SIGTERM, and SIGKILL after the grace.
    private func end(_ container: JSONValue, of run: Run) {
        guard let id = container["Id"]?.string, !id.isEmpty else { return }
        switch container["State"]?.string {
        case "created": remove(id)
        case "exited", "dead": if !run.stays { remove(id) }
        default:
            let query = [("t", "\(grace.components.seconds)")]
            let stop = HTTPCall(.post, "/containers/\(HTTPCall.encoded(id))/stop", query)
            calls[id] = engine.collect(stop, timeout: Self.timeout) { [unowned self] in
                if run.stays { ended(id, $0) } else { remove(id) }
            }
        }
    }

    private func remove(_ id: String) {
        calls[id] = engine.collect(ContainerCreation.removal(of: id), timeout: Self.timeout) { [unowned self] in
            ended(id, $0)
        }
    }

    private func ended(_ id: String, _ result: Result<EngineAnswer, EngineError>) {
        calls[id] = nil
        // What the engine refuses it refuses again, or the container is gone by itself.
        if case .failure(let error) = result, error.status == nil {
            hasFailed = true
            lookAgain(because: error)
        }
        if calls.isEmpty, !hasFailed { finish() }
    }

    private func finish() {
        leftovers = []
        write()
    }

    private func lookAgain(because error: EngineError) {
        retry = engine.loop.schedule(after: Self.retryDelay) { [unowned self] in look() }
        guard !problemIsLogged else { return }
        problemIsLogged = true
        log.warning("containers of tasks were left behind, and cannot be ended yet: \(error.sentence)")
    }
}

extension RunContainers.Run {
    /// As it is noted; nil where the task's name is none that a gateway gives.
    fileprivate var line: String? {
        IdentifierRules.isValid(task.text) ? "\(stays ? "stays" : "goes") \(task)" : nil
    }

    fileprivate init?(line: Substring) {
        let words = line.split(separator: " ")
        guard words.count == 2, words[0] == "stays" || words[0] == "goes", IdentifierRules.isValid(words[1]) else {
            return nil
        }
        self.init(task: TaskID(String(words[1])), stays: words[0] == "stays")
    }
}
