import Reactor

/// Looks for each needle until it is found, the one that has not been asked for longest first. On the loop only.
final class NeedleSearch {
    let times = Histogram()
    /// All that were sent.
    private(set) var needles: [Needle] = []
    private(set) var found = 0
    private var missing: [Needle] = []
    private let search: LogSearch
    private let run: String
    private var timer: LoopTimer?
    private var isAsking = false

    /// A question may be asked so often; how exact the times are depends on it.
    static let period: Duration = .milliseconds(50)

    init(_ search: LogSearch, run: String, loop: EventLoop) {
        self.search = search
        self.run = run
        timer = loop.schedule(after: Self.period, repeating: Self.period) { [unowned self] in
            askNext()  // unowned: the timer ends with this object
        }
    }

    func add(_ needle: Needle) {
        needles.append(needle)
        missing.append(needle)
    }

    private func askNext() {
        guard !isAsking, !missing.isEmpty else { return }
        let needle = missing.removeFirst()
        isAsking = true
        // weak: an answer may come while this object goes away.
        search.ask(LogSearch.query(needle: needle, run: run)) { [weak self] answer in
            self?.take(answer, for: needle)
        }
    }

    private func take(_ answer: LogSearch.Answer?, for needle: Needle) {
        isAsking = false
        guard let answer, answer.total > 0 else { return missing.append(needle) }
        found += 1
        times.record(MonotonicTime.now - needle.sent)
    }
}
