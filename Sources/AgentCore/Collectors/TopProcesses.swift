/// The busiest processes of a scan, found in passing: by CPU time, then by memory.
struct TopProcesses {
    struct Candidate {
        var pid: Int32
        var busy: Double
        var residentPages: UInt64
        var threads: UInt32
        var name: ProcessName

        func isAhead(of other: Candidate) -> Bool {
            busy != other.busy ? busy > other.busy : residentPages > other.residentPages
        }

        func sample(pageBytes: UInt64, share: (Double) -> Double?) -> TopProcess {
            TopProcess(
                pid: pid, name: name.text, cpuPercent: share(busy), memoryBytes: residentPages &* pageBytes,
                threads: threads)
        }
    }

    private let limit: Int
    /// The best first; never more than `limit`.
    private(set) var processes: [Candidate] = []

    init(limit: Int) {
        self.limit = limit
        processes.reserveCapacity(limit + 1)
    }

    mutating func offer(_ pid: Int32, _ stat: ProcessStat, busy: Double) {
        let candidate = Candidate(
            pid: pid, busy: busy, residentPages: stat.residentPages, threads: stat.threads, name: stat.name)
        if processes.count == limit, let last = processes.last, !candidate.isAhead(of: last) { return }
        let place = processes.firstIndex { candidate.isAhead(of: $0) } ?? processes.count
        processes.insert(candidate, at: place)
        if processes.count > limit { processes.removeLast() }
    }
}
