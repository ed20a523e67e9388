import CLoad
import Glibc
import Reactor
import Synchronization

/// One run, from the first connection to the report. Belongs to the main thread, which sleeps most of the time.
package final class LoadRun {
    let plan: LoadPlan
    let address: SocketAddress
    /// Nil when the subscribers have gone.
    private var engine: LoadEngine?
    let side: LoopSide
    private let server: ServerProcess?
    private let display: ProgressDisplay
    var record: LoadRecord

    /// How long nothing may move before the next step is taken without what is missing.
    private static let patience: UInt64 = 15_000_000_000
    private static let pollMicroseconds: UInt32 = 10_000
    private static let leaveMicroseconds: UInt32 = 500_000

    /// Starts the workers, so there must be no second thread yet.
    package init(_ plan: LoadPlan) throws {
        self.plan = plan
        let target: WebAddress
        switch plan.target {
        case .gateway(let address, _): target = address
        case .peer(let subscribe, _): target = subscribe
        }
        address = try target.resolve()
        engine = try LoadEngine(plan, address: address, host: target.authority)
        side = try LoopSide(plan)
        server = ServerProcess(pids: plan.serverPIDs) ?? ServerProcess(listeningOn: target.port)
        display = ProgressDisplay(isQuiet: plan.isQuiet)
        record = LoadRecord(plan)
    }

    /// - Parameter signals: which end the run early, with the report of what was measured so far.
    package func run(endingOn signals: [Int32]) throws -> LoadReport {
        try side.watch(signals)
        record.before = server?.usage
        try prepare()
        try subscribe()
        record.opened = server?.usage
        record.ownOpened = ownTime
        let last = try load()
        try side.end(last: last)
        leave()
        record.trouble = record.totals?.failure ?? side.progress.trouble.withLock { $0 }
        display.end()
        return LoadReport(record)
    }

    // MARK: - Steps

    /// Agents and topics.
    private func prepare() throws {
        var tasks: [String] = []
        var peer: (WebAddress, SocketAddress)?
        switch plan.target {
        case .gateway(let target, let agents):
            try side.connectAgents(to: agents)
            try wait("agents connected", for: plan.agents) { self.side.progress.agents.load(ordering: .relaxed) }
            try prepareHosts(agents)
            if plan.stream == .shellOutput { tasks = try startTasks(target) }
        case .peer(_, let publish): peer = (publish, try publish.resolve())
        }
        let topics = LoadTopic.all(of: plan, taskIDs: tasks)
        try engine?.set(topics)
        try side.set(topics, publishingTo: peer)
    }

    private func startTasks(_ target: WebAddress) throws -> [String] {
        try side.startTasks(target, at: address)
        try wait("tasks started", for: plan.topics) { self.side.progress.topics.load(ordering: .relaxed) }
        // The agent may have heard of its task before the answer is here.
        var ids: [String]?
        try wait("lists of tasks known", for: 1) {
            ids = try? self.side.taskIDs()
            return ids == nil ? 0 : 1
        }
        guard let ids else { throw LoadFailure("ended before the tasks were started") }
        return ids
    }

    private func subscribe() throws {
        if !plan.isPeer {
            engine?.enter(CL_CREATE)
            try wait("subscriptions made", for: plan.subscribers, orFailed: true) { self.count(\.created) }
        }
        engine?.enter(CL_CONNECT)
        try wait("streams open", for: plan.subscribers, orFailed: true) { self.count(\.open) }
        record.established = count(\.open)
        if record.established == 0, !isInterrupted {
            throw LoadFailure("no stream could be opened: \(engine?.totals().failure ?? "the server does not answer")")
        }
        guard !plan.isPeer, plan.stream != .shellOutput else { return }
        try wait("topics wanted", for: plan.topics) { self.side.progress.topics.load(ordering: .relaxed) }
    }

    /// Returns the numbers of the last events.
    private func load() throws -> [UInt64] {
        guard let engine else { return [] }
        if plan.probes, case .gateway(let target, _) = plan.target { try side.startProbe(target, at: address) }
        let start = MonotonicTime.now + 20_000_000
        if let stormAt = plan.stormAt {
            record.stormAt = start + UInt64(stormAt) * 1_000_000
            engine.setStorm(at: start + UInt64(stormAt) * 1_000_000)
        }
        engine.enter(CL_RUN)
        record.start = start
        try side.publish(at: start, for: engine)
        try startLines(at: start)
        watchPublishing(until: start + UInt64(plan.duration + 60_000) * 1_000_000)
        let last = try side.stopPublishing()
        record.published = Int(last.reduce(0, +))
        record.publishEnd = MonotonicTime.now
        drain(last)
        try drainLines()
        record.loaded = server?.usage
        record.ownLoaded = ownTime
        try side.stopProbe()
        finish(last)
        try checkStore()
        return last
    }

    private func watchPublishing(until limit: UInt64) {
        let progress = side.progress
        while progress.isPublishing.load(ordering: .relaxed), !isInterrupted, MonotonicTime.now < limit {
            usleep(Self.pollMicroseconds)
            sample()
        }
    }

    /// Waits for what is on its way.
    private func drain(_ last: [UInt64]) {
        let expected = (plan.slow + plan.frozen..<plan.subscribers).reduce(UInt64(0)) { $0 + last[$1 % plan.topics] }
        let end = MonotonicTime.now + UInt64(plan.drain) * 1_000_000
        while MonotonicTime.now < end, !isInterrupted, let totals = engine?.totals() {
            let plain = totals.role(.plain).pointee
            if plain.delivered + plain.missed + plain.lost >= expected, totals.values.storm_away == 0 { return }
            usleep(Self.pollMicroseconds)
            sample()
        }
    }

    private func finish(_ last: [UInt64]) {
        engine?.finish(last: last)
        let end = MonotonicTime.now + 5_000_000_000
        while engine?.isFinished == false, MonotonicTime.now < end { usleep(Self.pollMicroseconds) }
        record.totals = engine?.totals()
        record.deadWorkers = engine?.deadWorkers ?? 0
        record.probes = plan.probes && !plan.isPeer ? side.probes.value : nil
        record.publishedLate = side.progress.publishedLate.load(ordering: .relaxed)
        record.rounds = side.progress.rounds.load(ordering: .relaxed)
        record.refused = side.progress.refused.load(ordering: .relaxed)
        record.isInterrupted = isInterrupted
    }

    /// Ends the subscribers; the server gets a moment to notice.
    private func leave() {
        engine = nil
        guard let server else { return }
        usleep(Self.leaveMicroseconds)
        record.left = server.usage
    }

    // MARK: - Waiting

    /// Of this process and the workers.
    private var ownTime: ProcessTime { ProcessTime(of: (engine?.workers ?? []) + [getpid()]) }

    private func count(_ value: KeyPath<cl_totals, UInt64>) -> Int {
        engine.map { Int($0.totals().values[keyPath: value]) } ?? 0
    }

    var isInterrupted: Bool { side.isInterrupted.load(ordering: .relaxed) }

    /// Waits until `value` is `count`; for as long as it moves, and `patience` more.
    /// - Parameter orFailed: go on with fewer; otherwise that is the end.
    func wait(
        _ what: String, for count: Int, orFailed: Bool = false, _ value: () -> Int
    ) throws {
        var seen = -1
        var since = MonotonicTime.now
        while true {
            let now = value()
            if now >= count || isInterrupted { return }
            if now != seen { (seen, since) = (now, MonotonicTime.now) }
            display.step(what, now, of: count)
            if MonotonicTime.now - since > patience {
                guard !orFailed else { return }
                let reason = side.progress.trouble.withLock { $0 }.map { ": " + $0 } ?? ""
                throw LoadFailure("\(now) of \(count) \(what)\(reason)")
            }
            usleep(Self.pollMicroseconds)
        }
    }

    /// Short where something has failed already.
    private var patience: UInt64 {
        let hasTrouble = side.progress.trouble.withLock { $0 != nil } || count(\.failures) > 0
        return hasTrouble ? 3_000_000_000 : Self.patience
    }

    /// Once a second: memory, and a line of progress.
    func sample() {
        let now = MonotonicTime.now
        guard now >= record.nextSample else { return }
        record.nextSample = max(now, record.start) + 1_000_000_000
        if let server, now > record.start {
            record.memory.append((MonotonicTime.seconds(now - record.start), server.rss))
        }
        guard let totals = engine?.totals() else { return }
        display.running(record, totals, published: side.progress.published.load(ordering: .relaxed))
    }
}
