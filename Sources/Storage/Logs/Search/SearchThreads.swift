import Dispatch
import Model
import Synchronization

/// A few threads for work that reads from the disk, with a bounded queue in front.
final class SearchThreads: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var running = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sluice.store.search", qos: .default, attributes: .concurrent)
    private let count: Int
    private let capacity: Int

    init(count: Int, capacity: Int) {
        self.count = max(1, count)
        self.capacity = capacity
    }

    /// Calls one of the two, once: `refuse` on this thread when too many wait.
    func run(_ work: @escaping @Sendable () -> Void, orRefuse refuse: () -> Void) {
        let isTaken = state.withLock { state in
            if state.running < count {
                state.running += 1
                queue.async { self.work(work) }
                return true
            }
            guard state.waiting.count < capacity else { return false }
            state.waiting.append(work)
            return true
        }
        if !isTaken { refuse() }
    }

    private func work(_ first: @Sendable () -> Void) {
        first()
        while let next = next() { next() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}

/// When a search is given up.
final class SearchDeadline: Sendable {
    private let end: DispatchTime

    init(after milliseconds: Milliseconds) { end = .now() + .milliseconds(milliseconds) }

    var isOver: Bool { DispatchTime.now() >= end }

    /// For loops that are not SQLite's.
    func check() throws(StoreError) {
        if isOver { throw .tooSlow(limit: 0) }
    }
}
