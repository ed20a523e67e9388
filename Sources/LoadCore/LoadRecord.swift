/// What a run has measured, as it was measured. Times are of CLOCK_MONOTONIC in nanoseconds.
struct LoadRecord {
    let plan: LoadPlan
    /// Streams open before the first event.
    var established = 0
    var start: UInt64 = 0
    var publishEnd: UInt64 = 0
    var stormAt: UInt64?
    var published = 0
    var publishedLate = 0
    var rounds = 0
    var refused = 0
    /// Before anything was connected; when all streams were open; after the last event; when all had left.
    var before: ServerProcess.Usage?
    var opened: ServerProcess.Usage?
    var loaded: ServerProcess.Usage?
    var left: ServerProcess.Usage?
    /// Of this process and its workers, at the first event and after the last.
    var ownOpened = ProcessTime(of: [])
    var ownLoaded = ProcessTime(of: [])
    /// Resident memory of the server, by seconds since the start.
    var memory: [(seconds: Double, rss: Int)] = []
    var nextSample: UInt64 = 0
    var totals: LoadTotals?
    var probes: HealthProbe.Results?
    var deadWorkers = 0
    /// Nil where there are none, or where the store was not asked.
    var hosts: HostFigures?
    var store: StoreFindings?
    var isInterrupted = false
    /// The first thing that went wrong.
    var trouble: String?

    init(_ plan: LoadPlan) { self.plan = plan }
}
