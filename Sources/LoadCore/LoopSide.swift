import Glibc
import Options
import Reactor
import Synchronization

/// What happens on the loop beside the main thread: agents, hosts, or the publisher of a peer, events, probes.
///
/// @unchecked Sendable because everything but `progress`, `probes` and `isInterrupted`, which any thread may use, is
/// touched on the loop only.
final class LoopSide: @unchecked Sendable {
    let loop: EventLoop
    let plan: LoadPlan
    let progress = LoadProgress()
    let probes = ProbeResults()
    let isInterrupted = Atomic<Bool>(false)
    private var fleet: AgentFleet?
    var hosts: HostFleet?
    var storeCheck: StoreCheck?
    private var peer: PeerPublisher?
    private var publisher: Publisher?
    private var probe: HealthProbe?
    private var tasks: TaskStarter?
    private var signals: SignalWatch?

    init(_ plan: LoadPlan) throws(ReactorError) {
        self.plan = plan
        loop = try EventLoop(name: "load")
    }

    // MARK: - Called by the main thread

    /// - Parameter signals: which end the run early; blocked in every thread.
    func watch(_ signals: [Int32]) throws {
        try onLoop {
            self.signals = try SignalWatch(loop: self.loop, signals: signals) { _ in
                self.isInterrupted.store(true, ordering: .relaxed)
            }
        }
    }

    func connectAgents(to address: Endpoint) throws {
        try onLoop {
            self.fleet = AgentFleet(self.plan, address: address, loop: self.loop, progress: self.progress)
            self.fleet?.connect()
        }
    }

    /// Starts a task for each topic. Returns at once; see `taskIDs`.
    func startTasks(_ target: WebAddress, at address: SocketAddress) throws {
        try onLoop {
            self.tasks = try TaskStarter(
                self.plan, host: target.authority, address: address, loop: self.loop, progress: self.progress)
        }
    }

    /// Nil until all are known.
    func taskIDs() throws -> [String]? { try onLoop { self.tasks?.ids } }

    func set(_ topics: [LoadTopic], publishingTo peer: (WebAddress, SocketAddress)?) throws {
        try onLoop {
            let names = topics.map(\.name)
            self.fleet?.set(names: names)
            guard let (template, address) = peer else { return }
            self.peer = try PeerPublisher(
                self.plan, names: names, publish: template, to: address, loop: self.loop, progress: self.progress)
        }
    }

    /// - Parameter time: of the first event.
    func publish(at time: UInt64, for engine: LoadEngine) throws {
        try onLoop {
            guard let sink: any EventSink = self.peer ?? self.fleet else { return }
            let publisher = Publisher(
                self.plan, sink: sink, engine: engine, progress: self.progress, loop: self.loop)
            self.publisher = publisher
            try publisher.start(at: time)
        }
    }

    /// Numbers of the last events, after no more will be published.
    func stopPublishing() throws -> [UInt64] {
        try onLoop {
            self.publisher?.stop()
            return self.publisher?.last ?? [UInt64](repeating: 0, count: self.plan.topics)
        }
    }

    func startProbe(_ target: WebAddress, at address: SocketAddress) throws {
        try onLoop {
            self.probe = try HealthProbe(
                address, host: target.authority, loop: self.loop, results: self.probes)
        }
    }

    func stopProbe() throws { try onLoop { self.probe = nil } }

    /// Agents say goodbye, and the loop ends.
    func end(last: [UInt64]) throws {
        try onLoop {
            self.publisher = nil
            self.probe = nil
            self.peer = nil
            self.tasks = nil
            self.fleet?.stop(last: last)
            self.hosts?.stop()
            self.storeCheck = nil
        }
        usleep(100_000)  // for the goodbyes
        loop.stop()
        loop.join()
    }

    // MARK: - On the loop

    /// Runs the body there and waits for it.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let outcome = Outcome<Value>()
        guard loop.execute({ outcome.set(Result { try body() }) }) else { throw EventLoopStopped() }
        while true {
            if let result = outcome.get() { return try result.get() }
            usleep(500)
        }
    }

    private final class Outcome<Value: Sendable>: Sendable {
        private let result = Mutex<Result<Value, any Error>?>(nil)
        func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }
        func get() -> Result<Value, any Error>? { result.withLock { $0 } }
    }
}
