import Glibc
import Options
import Reactor
import Synchronization
import Wire

/// What the main thread wants to know of the loop's work. Any thread.
final class LoadProgress: Sendable {
    /// Agents that are connected and welcome.
    let agents = Atomic<Int>(0)
    /// Hosts that are connected and welcome, and streams of log lines that the gateway wants of them now.
    let hosts = Atomic<Int>(0)
    let logStreams = Atomic<Int>(0)
    /// Topics that the gateway wants now.
    let topics = Atomic<Int>(0)
    /// Events that were handed to the server, and those of them that came more than 5 ms after they were due.
    let published = Atomic<Int>(0)
    let publishedLate = Atomic<Int>(0)
    let isPublishing = Atomic<Bool>(false)
    /// Rounds of the closed loop that have ended.
    let rounds = Atomic<Int>(0)
    /// Requests of the publisher, or for tasks, that were refused.
    let refused = Atomic<Int>(0)
    /// The first thing that went wrong.
    let trouble = Mutex<String?>(nil)

    func note(_ sentence: String) { trouble.withLock { $0 = $0 ?? sentence } }
}

/// The simulated agents. Made and used on its loop only.
final class AgentFleet {
    let loop: EventLoop
    let address: Endpoint
    let stream: LoadStream
    let token: String?
    let bootID = UInt64.random(in: 1...UInt64(Int64.max))
    /// Names of the topics: containers. Empty for other streams.
    private(set) var names: [String] = []
    private var topicsByName: [String: Int] = [:]
    let progress: LoadProgress
    private var agents: [SimulatedAgent] = []
    private var heartbeats: LoopTimer?
    private var nextHeartbeat = 0
    /// One of each for all agents: a message is done with before the next is begun.
    let incoming = WireArena()
    private let outgoing = WireArena()
    private let buffer = WireBuffer()

    /// So many agents of the plan's are connected at a time; the others follow.
    private static let connectBatch = 64
    private static let connectPause: Duration = .milliseconds(5)

    init(_ plan: LoadPlan, address: Endpoint, loop: EventLoop, progress: LoadProgress) {
        self.loop = loop
        self.address = address
        self.progress = progress
        stream = plan.stream
        token = plan.agentToken
        agents = (0..<plan.agents).map { SimulatedAgent(number: $0, fleet: self) }
    }

    func connect() { connect(from: 0) }

    private var connecting: LoopTimer?

    private func connect(from first: Int) {
        let end = min(first + Self.connectBatch, agents.count)
        for agent in agents[first..<end] { agent.connect() }
        // unowned: the timer ends with this object.
        connecting =
            end < agents.count
            ? loop.schedule(after: Self.connectPause) { [unowned self] in connect(from: end) } : nil
    }

    /// Before anybody subscribes.
    func set(names: [String]) {
        self.names = names
        for (topic, name) in names.enumerated() { topicsByName[name] = topic }
    }

    // MARK: - Topics

    /// The agent of a topic.
    func agent(of topic: Int) -> SimulatedAgent { agents[topic % agents.count] }

    /// The topic of a stream that the gateway wants of this agent.
    func topic(named name: String, of agent: Int) -> Int? { stream == .metrics ? agent : topicsByName[name] }

    func stop(last: [UInt64]) {
        heartbeats = nil
        connecting = nil
        for agent in agents { agent.stop(last: last) }
    }

    // MARK: - Called by agents

    func agentArrived(heartbeat: UInt32?) {
        progress.agents.add(1, ordering: .relaxed)
        guard heartbeats == nil else { return }
        // Each agent twice in the interval, a few at a time.
        let interval = Int(heartbeat ?? 10_000)
        let share = max(1, agents.count * 200 / max(200, interval))
        heartbeats = loop.schedule(after: .milliseconds(100), repeating: .milliseconds(100)) { [unowned self] in
            sendHeartbeats(share)  // unowned: the timer ends with this object
        }
    }

    func agentLeft() { progress.agents.subtract(1, ordering: .relaxed) }

    func topicsChanged(by change: Int) { progress.topics.add(change, ordering: .relaxed) }

    func note(_ sentence: String) { progress.note(sentence) }

    /// Encodes one message and lends its bytes.
    func frame(_ build: (WireArena) -> WireAgentBody, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        outgoing.reset()
        buffer.removeAll()
        buffer.appendEncoded(outgoing.agentMessage(build(outgoing)))
        return buffer.withBytes(body)
    }

    private func sendHeartbeats(_ share: Int) {
        for _ in 0..<min(share, agents.count) {
            agents[nextHeartbeat].sendHeartbeat()
            nextHeartbeat = (nextHeartbeat + 1) % agents.count
        }
    }
}
