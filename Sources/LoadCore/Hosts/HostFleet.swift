import Glibc
import Options
import Reactor
import Synchronization
import Wire

/// The hosts that nobody has to watch: agents that send log lines and agents that send samples. Made and used on its
/// loop only.
final class HostFleet {
    let loop: EventLoop
    let address: Endpoint
    let token: String?
    let bootID = UInt64.random(in: 1...UInt64(Int64.max))
    let progress: LoadProgress
    private let plan: LoadPlan
    private var hosts: [HostAgent] = []
    private var schedule: LogSchedule?
    private var search: NeedleSearch?
    private var isEnded = false
    private var timers: [LoopTimer] = []
    private var connecting: LoopTimer?
    private var heartbeats: LoopTimer?
    private var nextHeartbeat = 0
    var figures = HostFigures()
    let acknowledgeTimes = Histogram()
    /// One of each for all agents: a message is done with before the next is begun.
    let incoming = WireArena()
    private let outgoing = WireArena()
    private let buffer = WireBuffer()
    private var line: [UInt8] = []

    private static let connectBatch = 64
    private static let connectPause: Duration = .milliseconds(5)
    /// Lines that came due in this time go out together, as an agent's do that reads a file.
    static let linePeriod: Duration = .milliseconds(50)
    static let samplePeriod: Duration = .milliseconds(20)
    /// What a frame has beside a line's text: its time, source and tags.
    private static let lineOverhead = 96

    init(_ plan: LoadPlan, address: Endpoint, loop: EventLoop, progress: LoadProgress) {
        self.plan = plan
        self.address = address
        self.loop = loop
        self.progress = progress
        token = plan.agentToken
        hosts = (0..<plan.logAgents).map {
            HostAgent(id: plan.logAgentID($0), role: .logs(agent: $0), number: $0, fleet: self)
        }
        hosts += (0..<plan.metricAgents).map {
            HostAgent(id: "load-host-\($0)", role: .samples, number: $0, fleet: self)
        }
    }

    func connect() { connect(from: 0) }

    private func connect(from first: Int) {
        let end = min(first + Self.connectBatch, hosts.count)
        for host in hosts[first..<end] { host.connect() }
        // unowned: the timers end with this object.
        connecting =
            end < hosts.count
            ? loop.schedule(after: Self.connectPause) { [unowned self] in connect(from: end) } : nil
        guard first == 0, plan.metricAgents > 0 else { return }
        every(Self.samplePeriod) { [unowned self] in
            let now = MonotonicTime.now
            for host in hosts { host.sendSamples(now: now) }
        }
    }

    /// Lines are due from now on.
    func startLines(_ schedule: LogSchedule, search: NeedleSearch) {
        self.schedule = schedule
        self.search = search
        every(Self.linePeriod) { [unowned self] in
            guard !isEnded else { return }
            let now = MonotonicTime.now
            for host in hosts[..<plan.logAgents] { host.sendLines(schedule, now: now) }
        }
    }

    /// What has not been sent by now is not due any more.
    func stopLines() { isEnded = true }

    private func every(_ period: Duration, _ body: @escaping () -> Void) {
        timers.append(loop.schedule(after: period, repeating: period, body))
    }

    /// The search that it was given ends with this.
    func stop() {
        timers = []
        heartbeats = nil
        connecting = nil
        search = nil
        for host in hosts { host.stop() }
    }

    /// What has happened until now.
    var summary: HostFigures {
        var figures = figures
        for (agent, host) in hosts[..<plan.logAgents].enumerated() {
            let due = isEnded ? host.cursor.highest : schedule?.count(agent: agent) ?? 0
            figures.add(host.cursor, agent: host.id, due: due)
        }
        figures.acknowledgeTimes = LoadReport.Latency(acknowledgeTimes.raw)
        if let search { figures.add(search) }
        return figures
    }

    // MARK: - Called by agents

    /// Bytes of a line in a frame, and lines of a frame, at most.
    var lineBytes: Int { plan.logLineBytes + Self.lineOverhead }
    var linesInFrame: Int { LineBatch.limit(size: lineBytes) }

    /// A batch of consecutive lines.
    func lines(
        of agent: Int, first: UInt64, count: Int, _ schedule: LogSchedule, in arena: WireArena,
        _ fill: (inout WireStreamData) -> Void
    ) -> UnsafeMutablePointer<WireStreamData> {
        let source = arena.copyBytes("/var/log/app/service-\(agent).log")
        return arena.make { data in
            fill(&data)
            wireSet(&data.has_seq, &data.seq, first + UInt64(count) - 1)
            wireSet(&data.has_at_unix_ns, &data.at_unix_ns, MonotonicTime.unixNanoseconds)
            data.payload = .logs(
                arena.make { batch in
                    batch.n_events = count
                    batch.events = arena.makeList(count: count) { index, event in
                        let number = first + UInt64(index)
                        let time = schedule.milliseconds(agent: agent, number: number)
                        LogLine(
                            run: plan.runID, agent: agent, number: number, milliseconds: time,
                            hasNeedle: schedule.hasNeedle(agent: agent, number: number), size: plan.logLineBytes
                        ).write(to: &line)
                        wireSet(&event.has_timestamp, &event.timestamp, Double(time) / 1_000)
                        wireSet(&event.has_message, &event.message, arena.copyBytes(line))
                        wireSet(&event.has_source, &event.source, source)
                    }
                })
        }
    }

    /// Encodes one message and lends its bytes.
    func frame(_ build: (WireArena) -> WireAgentBody, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        outgoing.reset()
        buffer.removeAll()
        buffer.appendEncoded(outgoing.agentMessage(build(outgoing)))
        return buffer.withBytes(body)
    }

    func sentFirst(_ numbers: ClosedRange<UInt64>, agent: Int) {
        guard let schedule, let search else { return }
        let now = MonotonicTime.now
        for number in numbers where schedule.hasNeedle(agent: agent, number: number) {
            search.add(Needle(agent: agent, number: number, sent: now))
        }
    }

    func acknowledged(_ numbers: ClosedRange<UInt64>, agent: Int) {
        guard let schedule else { return }
        let now = MonotonicTime.now
        for number in numbers {
            acknowledgeTimes.record(now - min(now, schedule.due(agent: agent, number: number)))
        }
    }

    func linesWanted(_ change: Int) { progress.logStreams.add(change, ordering: .relaxed) }

    func arrived(heartbeat: UInt32?) {
        progress.hosts.add(1, ordering: .relaxed)
        figures.welcomes += 1
        guard heartbeats == nil else { return }
        // Each host twice in the interval, a few at a time.
        let share = max(1, hosts.count * 200 / max(200, Int(heartbeat ?? 10_000)))
        heartbeats = loop.schedule(after: .milliseconds(100), repeating: .milliseconds(100)) { [unowned self] in
            for _ in 0..<min(share, hosts.count) {  // unowned: the timer ends with this object
                hosts[nextHeartbeat].sendHeartbeat()
                nextHeartbeat = (nextHeartbeat + 1) % hosts.count
            }
        }
    }

    func left() { progress.hosts.subtract(1, ordering: .relaxed) }

    func note(_ sentence: String) { progress.note(sentence) }
}
