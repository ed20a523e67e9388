import Glibc
import JSON
import Model
import Reactor

/// Answers which containers there are and what they take. Two readings a moment apart tell the CPU; those of the last
/// answer serve if they are young. Loop's thread only.
final class ContainerLister {
    typealias Answer = (_ requestID: String?, Result<[ContainerSummary], EngineError>) -> Void

    /// Requests that wait for one look; another one is dropped, its asker asks again.
    static let maximumWaiting = 8
    /// Of the list, and of those in it whose use is looked up.
    static let maximumContainers = 1_000
    static let maximumReadings = 200
    private static let concurrent = 8
    /// Between two readings.
    private static let pause: Duration = .seconds(1)
    /// What an earlier reading may be old.
    private static let lifetime: Milliseconds = 60_000
    /// What is not known by then is left out.
    private static let patience: Duration = .seconds(8)

    private let engine: ContainerEngine
    private let answer: Answer
    private let hostCores = Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    private var waiting: [String?] = []
    private var containers: [ContainerSummary] = []
    /// Indices of containers that are to be read.
    private var queue: [Int] = []
    private var unread: [Int] = []
    private var calls: [Int: EngineCall] = [:]
    private var earlier: [String: ContainerReading] = [:]
    private var list: EngineCall?
    private var pauseTimer: LoopTimer?
    private var deadline: LoopTimer?

    init(engine: ContainerEngine, answer: @escaping Answer) {
        self.engine = engine
        self.answer = answer
    }

    func request(_ id: String?) {
        guard waiting.count < Self.maximumWaiting else { return }
        waiting.append(id)
        guard waiting.count == 1 else { return }
        // unowned, here and below: calls and timers belong to this object.
        list = engine.json(HTTPCall(.get, "/containers/json", [("all", "1")])) { [unowned self] in listed($0) }
    }

    private func listed(_ result: Result<JSONValue, EngineError>) {
        switch result {
        case .failure(let error): finish(.failure(error))
        case .success(let answer):
            containers = (answer.array ?? []).prefix(Self.maximumContainers).compactMap(ContainerSummary.init)
            let known = Set(containers.map(\.id))
            let now = MonotonicTime.now
            earlier = earlier.filter { known.contains($0) && now.milliseconds(since: $1.takenAt) < Self.lifetime }
            queue = containers.indices.filter { containers[$0].state == "running" }
            queue = Array(queue.prefix(Self.maximumReadings))
            unread = []
            deadline = engine.loop.schedule(after: Self.patience) { [unowned self] in finish(.success(containers)) }
            readNext()
        }
    }

    private func readNext() {
        while calls.count < Self.concurrent, let index = queue.popLast() { read(index) }
        guard calls.isEmpty else { return }
        guard !unread.isEmpty else { return finish(.success(containers)) }
        pauseTimer = engine.loop.schedule(after: Self.pause) { [unowned self] in
            (queue, unread) = (unread, [])
            readNext()
        }
    }

    private func read(_ index: Int) {
        let path = "/containers/\(HTTPCall.encoded(containers[index].id))/stats"
        calls[index] = engine.json(HTTPCall(.get, path, [("stream", "false"), ("one-shot", "true")])) {
            [unowned self] result in
            calls[index] = nil
            if case .success(let answer) = result { take(ContainerReading(answer, takenAt: .now), of: index) }
            readNext()
        }
    }

    private func take(_ reading: ContainerReading, of index: Int) {
        let id = containers[index].id
        containers[index].memoryBytes = reading.memoryBytes
        containers[index].memoryLimitBytes = reading.memoryLimitBytes
        if let earlier = earlier[id] {
            containers[index].cpuPercent = reading.cpuPercent(since: earlier, hostCores: hostCores)
        } else if reading.cpuNanoseconds != nil {
            unread.append(index)
        }
        earlier[id] = reading
    }

    private func finish(_ result: Result<[ContainerSummary], EngineError>) {
        (deadline, pauseTimer, list) = (nil, nil, nil)
        calls = [:]
        let asked = waiting
        waiting = []
        for id in asked { answer(id, result) }
    }
}
