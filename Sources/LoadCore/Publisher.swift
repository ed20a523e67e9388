import CLoad
import Glibc
import Reactor
import Synchronization

/// Where events go: to agents, or to a peer.
protocol EventSink: AnyObject {
    /// Takes the lines, or returns false when this topic takes none now.
    func publish(_ batch: LineBatch) -> Bool
}

extension AgentFleet: EventSink {
    func publish(_ batch: LineBatch) -> Bool {
        let agent = agent(of: batch.topic)
        return agent.hasRoom && agent.send(batch)
    }
}

/// Publishes what is due. On the loop only.
///
/// In the open loop the times are fixed when it starts: event i over all topics is due i / rate seconds later. What a
/// topic could not take is sent with its next event, and has the time at which it was due all the same.
final class Publisher {
    private let plan: LoadPlan
    private let sink: any EventSink
    private let engine: LoadEngine
    private let progress: LoadProgress
    private let loop: EventLoop
    private let limit: Int
    /// Number of the next line of each topic.
    private var next: [UInt64]
    private var start: UInt64 = 0
    private var end: UInt64 = 0
    /// Open loop: the next event over all topics, and nanoseconds between two.
    private var nextEvent: UInt64 = 0
    private var period = 0.0
    private var timer: PreciseTimer?
    private var goal: DescriptorWatch?
    private var giveUp: LoopTimer?
    private var workersDone = 0

    static let lateness: UInt64 = 5_000_000
    /// A round of the closed loop that takes longer is the last.
    static let roundLimit: Duration = .seconds(20)

    init(_ plan: LoadPlan, sink: any EventSink, engine: LoadEngine, progress: LoadProgress, loop: EventLoop) {
        self.plan = plan
        self.sink = sink
        self.engine = engine
        self.progress = progress
        self.loop = loop
        limit = LineBatch.limit(size: plan.size)
        next = [UInt64](repeating: 1, count: plan.topics)
    }

    /// - Parameter time: of the first event.
    func start(at time: UInt64) throws {
        start = time
        end = time + UInt64(plan.duration) * 1_000_000
        progress.isPublishing.store(true, ordering: .sequentiallyConsistent)
        let timer = try PreciseTimer(loop: loop) { [unowned self] in wake() }  // unowned: it ends with this object
        self.timer = timer
        if case .open(let rate) = plan.pace { period = rate > 0 ? 1e9 / Double(rate) : 0 }
        if case .closed = plan.pace { try watchGoal() }
        timer.start(at: start)
    }

    /// Ends early or at the end.
    func stop() {
        timer = nil
        goal = nil
        giveUp = nil
        progress.isPublishing.store(false, ordering: .sequentiallyConsistent)
    }

    /// Number of the last line of each topic.
    var last: [UInt64] { next.map { $0 - 1 } }

    private func wake() {
        switch plan.pace {
        case .open: period > 0 ? publishDue() : hold()
        case .closed(let count): startRound(of: count)
        }
    }

    /// Without events: connections are all there is.
    private func hold() {
        if MonotonicTime.now >= end { stop() } else { timer?.start(at: end) }
    }

    // MARK: - Open loop

    private func due(topic: Int, number: UInt64) -> UInt64 {
        start + UInt64(Double((number - 1) * UInt64(plan.topics) + UInt64(topic)) * period)
    }

    private func publishDue() {
        let now = MonotonicTime.now
        let horizon = min(now, end)
        // Events that are due by now: all with a time before this one's.
        let dueCount = UInt64(Double(horizon - start) / period) + 1
        for event in nextEvent..<max(nextEvent, min(dueCount, nextEvent + UInt64(plan.topics))) {
            publish(topic: Int(event % UInt64(plan.topics)), until: horizon, now: now)
        }
        nextEvent = max(nextEvent, dueCount)
        let nextTime = start + UInt64(Double(nextEvent) * period)
        if nextTime >= end { return stop() }
        timer?.start(at: nextTime)
    }

    /// Sends what is due of a topic.
    private func publish(topic: Int, until horizon: UInt64, now: UInt64) {
        while due(topic: topic, number: next[topic]) <= horizon {
            var count = 1
            while count < limit, due(topic: topic, number: next[topic] + UInt64(count)) <= horizon { count += 1 }
            let first = next[topic]
            let batch = LineBatch(topic: topic, first: first, count: count, size: plan.size) {
                self.due(topic: topic, number: first + UInt64($0))
            }
            guard sink.publish(batch) else { return }
            next[topic] += UInt64(count)
            progress.published.add(count, ordering: .relaxed)
            if now > due(topic: topic, number: first) + Self.lateness {
                progress.publishedLate.add(count, ordering: .relaxed)
            }
        }
    }

    // MARK: - Closed loop

    private func startRound(of count: Int) {
        let now = MonotonicTime.now
        guard now < end else { return stop() }
        workersDone = 0
        engine.setGoal(eventsEach: next[0] - 1 + UInt64(count))
        for topic in 0..<plan.topics {
            var rest = count
            while rest > 0 {
                let part = min(rest, limit)
                let batch = LineBatch(topic: topic, first: next[topic], count: part, size: plan.size) { _ in now }
                guard sink.publish(batch) else {
                    progress.note("topic \(topic) took no events")
                    return stop()
                }
                next[topic] += UInt64(part)
                rest -= part
            }
        }
        progress.published.add(count * plan.topics, ordering: .relaxed)
        giveUp?.start(after: Self.roundLimit)
    }

    private func watchGoal() throws {
        let descriptor = engine.goalDescriptor
        // unowned: both end with this object.
        goal = try DescriptorWatch(loop: loop, descriptor: descriptor) { [unowned self] _ in
            var workers: UInt64 = 0
            guard read(descriptor, &workers, 8) == 8 else { return }
            workersDone += Int(workers)
            guard workersDone >= plan.workers else { return }
            progress.rounds.add(1, ordering: .relaxed)
            wake()
        }
        goal?.events = .read
        giveUp = LoopTimer(loop: loop) { [unowned self] in
            progress.note("events were not delivered within \(Self.roundLimit)")
            stop()
        }
    }
}

/// A timer with the precision of the kernel's; those of the loop have that of milliseconds. On the loop only.
final class PreciseTimer {
    private let descriptor: Int32
    /// Nil only in deinit: the watch must end before its descriptor is closed.
    private var watch: DescriptorWatch?

    init(loop: EventLoop, _ body: @escaping () -> Void) throws {
        let descriptor = cl_timer_new()
        guard descriptor >= 0 else { throw LoadFailure("no timer: \(String(cString: strerror(errno)))") }
        self.descriptor = descriptor
        do {
            watch = try DescriptorWatch(loop: loop, descriptor: descriptor) { _ in
                var times: UInt64 = 0
                if read(descriptor, &times, 8) == 8 { body() }
            }
        } catch {
            close(descriptor)
            throw error
        }
        watch?.events = .read
    }

    deinit {
        watch = nil
        close(descriptor)
    }

    /// Fires once at this time, at once when it is over.
    func start(at time: UInt64) { cl_timer_set(descriptor, time) }
}
