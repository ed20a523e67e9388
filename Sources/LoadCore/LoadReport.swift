import CLoad

/// The figures of a run, ready to be shown.
package struct LoadReport: Sendable {
    package struct Latency: Sendable, Equatable {
        package var count: UInt64 = 0
        /// Nanoseconds from the time an event was due to its reception.
        package var p50: UInt64 = 0
        package var p90: UInt64 = 0
        package var p99: UInt64 = 0
        package var p999: UInt64 = 0
        package var max: UInt64 = 0
    }

    package struct Group: Sendable, Equatable {
        package var role: SubscriberRole
        package var subscribers = 0
        package var delivered: UInt64 = 0
        package var lost: UInt64 = 0
        package var missed: UInt64 = 0
        package var repeated: UInt64 = 0
        package var reordered: UInt64 = 0
        package var damaged: UInt64 = 0
        package var behind: UInt64 = 0
        package var live = Latency()
        package var late = Latency()
    }

    /// Of the server's processes; where they are known.
    package struct Server: Sendable {
        /// From the first event until the last had come.
        package var cpuSeconds: Double
        /// What its threads waited for a CPU, in the same time.
        package var waitedSeconds: Double
        package var microsecondsPerDelivery: Double
        package var deliveriesPerCPUSecond: Double
        package var before: Memory
        package var open: Memory
        package var after: Memory
        /// When subscribers and agents had gone.
        package var left: Memory
        package var highestRSS: Int
        /// Proportional memory that each open stream added.
        package var bytesPerSubscriber: Double
        package var samples: [(seconds: Double, rss: Int)]
    }

    package struct Memory: Sendable {
        package var rss: Int
        package var pss: Int
        package var kernelTCP: Int
    }

    package struct Storm: Sendable {
        /// Seconds from the storm until the last subscriber was back, and until the last missed event had come.
        package var allBack: Double
        package var caughtUp: Double
        package var notBack: UInt64
    }

    package var plan: LoadPlan
    package var created: UInt64
    package var createSeconds: Double
    package var established: Int
    package var opened: UInt64
    package var connectSeconds: Double
    /// Events that were due; in the closed loop those that were published.
    package var asked: Int
    package var published: Int
    package var publishedLate: Int
    package var publishSeconds: Double
    package var rounds: Int
    package var refused: Int
    package var delivered: UInt64
    /// From the first event to the last delivery.
    package var deliverySeconds: Double
    package var bytes: UInt64
    package var reads: UInt64
    package var gaps: UInt64
    package var gapsUnknown: UInt64
    package var others: UInt64
    package var failures: UInt64
    package var closedByServer: UInt64
    package var reconnects: UInt64
    package var groups: [Group]
    /// CPU that the load itself took from the first event until the last had come, and waited for.
    package var loadCPUSeconds: Double
    package var loadWaitedSeconds: Double
    package var server: Server?
    package var storm: Storm?
    package var probes: (answers: Int, failures: Int, slowest: UInt64)?
    /// Nil where there are none, or where the store was not asked.
    package var hosts: HostFigures?
    package var store: StoreFindings?
    package var isInterrupted: Bool
    /// Sentences about what makes the run a failed one; empty: it is good.
    package var problems: [String]

    /// 0, or 1 when something was lost, repeated, reordered, damaged, not stored, or could not connect.
    package var exitCode: Int32 { problems.isEmpty ? 0 : 1 }

    package var deliveriesPerSecond: Double { deliverySeconds > 0 ? Double(delivered) / deliverySeconds : 0 }
    package var bytesPerEvent: Double { delivered > 0 ? Double(bytes) / Double(delivered) : 0 }
    package var createdPerSecond: Double { createSeconds > 0 ? Double(created) / createSeconds : 0 }
    package var openedPerSecond: Double { connectSeconds > 0 ? Double(opened) / connectSeconds : 0 }
}

// MARK: - From what was measured

extension LoadReport.Latency {
    init(_ histogram: UnsafePointer<cl_histogram>) {
        count = histogram.pointee.count
        p50 = cl_histogram_percentile(histogram, 5_000)
        p90 = cl_histogram_percentile(histogram, 9_000)
        p99 = cl_histogram_percentile(histogram, 9_900)
        p999 = cl_histogram_percentile(histogram, 9_990)
        max = histogram.pointee.max
    }
}

extension LoadReport.Group {
    init(_ role: SubscriberRole, subscribers: Int, _ totals: LoadTotals) {
        self.init(role: role, subscribers: subscribers)
        let figures = totals.role(role)
        let raw = UnsafeRawPointer(figures)
        delivered = figures.pointee.delivered
        lost = figures.pointee.lost
        missed = figures.pointee.missed
        repeated = figures.pointee.repeated
        reordered = figures.pointee.reordered
        damaged = figures.pointee.damaged
        behind = figures.pointee.behind
        let live = raw.advanced(by: MemoryLayout<cl_role_totals>.offset(of: \.live)!)
        let late = raw.advanced(by: MemoryLayout<cl_role_totals>.offset(of: \.late)!)
        self.live = LoadReport.Latency(live.assumingMemoryBound(to: cl_histogram.self))
        self.late = LoadReport.Latency(late.assumingMemoryBound(to: cl_histogram.self))
    }
}

extension LoadReport {
    init(_ record: LoadRecord) {
        let totals = record.totals ?? LoadTotals()
        let plan = record.plan
        let values = totals.values
        self.plan = plan
        created = values.created
        createSeconds = MonotonicTime.span(values.create_began, values.create_ended)
        established = record.established
        opened = values.opened
        connectSeconds = MonotonicTime.span(values.connect_began, values.connect_ended)
        published = record.published
        asked = record.isInterrupted ? record.published : max(record.published, plan.asked ?? 0)
        publishedLate = record.publishedLate
        publishSeconds = MonotonicTime.span(record.start, record.publishEnd)
        rounds = record.rounds
        refused = record.refused
        groups = zip(SubscriberRole.allCases, [plan.plain, plan.slow, plan.frozen]).filter { $1 > 0 }
            .map { Group($0, subscribers: $1, totals) }
        delivered = groups.reduce(0) { $0 + $1.delivered }
        deliverySeconds = MonotonicTime.span(record.start, values.last_delivery)
        bytes = values.bytes
        reads = values.reads
        gaps = values.gaps
        gapsUnknown = values.gaps_unknown
        others = values.others
        failures = values.failures
        closedByServer = values.closed_by_server
        reconnects = values.reconnects
        loadCPUSeconds = MonotonicTime.span(record.ownOpened.used, record.ownLoaded.used)
        loadWaitedSeconds = MonotonicTime.span(record.ownOpened.waited, record.ownLoaded.waited)
        storm = record.stormAt.map {
            Storm(
                allBack: MonotonicTime.span($0, values.storm_back), caughtUp: MonotonicTime.span($0, values.caught_up),
                notBack: values.storm_away)
        }
        probes = record.probes.map { ($0.answers, $0.failures, $0.slowest) }
        hosts = record.hosts
        store = record.store
        isInterrupted = record.isInterrupted
        problems = []
        server = Server(record, delivered: delivered)
        problems = findProblems(record)
    }

    private func findProblems(_ record: LoadRecord) -> [String] {
        let reason = record.trouble.map { " (first: \($0))" } ?? ""
        let checks: [(UInt64, String)] =
            [
                (UInt64(max(0, plan.subscribers - established)), "streams could not be opened\(reason)"),
                (UInt64(refused), "events or tasks were refused by the server\(reason)"),
                (UInt64(record.deadWorkers), "worker processes died"),
                (groups.reduce(0) { $0 + $1.lost }, "events were lost"),
                (groups.reduce(0) { $0 + $1.repeated }, "events came twice"),
                (groups.reduce(0) { $0 + $1.reordered }, "events came out of order"),
                (groups.reduce(0) { $0 + $1.damaged }, "events were damaged"),
                (storm?.notBack ?? 0, "subscribers did not come back\(reason)"),
            ] + hostProblems
        return checks.filter { $0.0 > 0 }.map { "\(Figures.grouped(Int($0.0))) \($0.1)" }
    }
}

extension LoadReport.Server {
    /// Nil where the server's processes are not known.
    init?(_ record: LoadRecord, delivered: UInt64) {
        guard let before = record.before, let opened = record.opened, let loaded = record.loaded else { return nil }
        cpuSeconds = MonotonicTime.span(opened.time.used, loaded.time.used)
        waitedSeconds = MonotonicTime.span(opened.time.waited, loaded.time.waited)
        microsecondsPerDelivery = delivered > 0 ? cpuSeconds * 1e6 / Double(delivered) : 0
        deliveriesPerCPUSecond = cpuSeconds > 0 ? Double(delivered) / cpuSeconds : 0
        self.before = LoadReport.Memory(before)
        open = LoadReport.Memory(opened)
        after = LoadReport.Memory(loaded)
        left = LoadReport.Memory(record.left ?? loaded)
        samples = record.memory
        highestRSS = max(loaded.rss, samples.map(\.rss).max() ?? 0)
        let streams = record.established
        bytesPerSubscriber = streams > 0 ? Double(opened.pss - before.pss) / Double(streams) : 0
    }
}

extension LoadReport.Memory {
    init(_ usage: ServerProcess.Usage) { self.init(rss: usage.rss, pss: usage.pss, kernelTCP: usage.kernelTCP) }
}

extension MonotonicTime {
    /// Seconds from one time to a later one; 0 when it is none.
    static func span(_ from: UInt64, _ to: UInt64) -> Double { to > from ? seconds(to - from) : 0 }
}
