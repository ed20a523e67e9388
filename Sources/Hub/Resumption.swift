import Broker
import Model

/// What a client that comes back to a view gets of what came in between. Task output is not meant: it is in its file.
struct Resumption: Equatable {
    enum Loss: Equatable {
        case none
        /// So many events, at least one.
        case some(UInt64)
        /// Nobody can say how many.
        case unknown
    }

    /// What it will never get.
    var loss = Loss.none
    /// It goes on with the events that have a greater number, all of which it gets.
    var after: UInt64
    /// It gets what a new subscriber would get first.
    var isNew: Bool

    static func fresh(_ view: View) -> Self { Resumption(after: view.lastNumber, isNew: true) }

    /// For a cursor that says nothing: of another life, of the future, or none of this program's.
    static func unknown(_ view: View) -> Self { Resumption(loss: .unknown, after: view.lastNumber, isNew: true) }

    /// Of a stream with a connection of its own.
    /// - Parameter cursor: what the client brought; nil for a new one.
    init(cursor: String?, view: View, epoch: UInt64) {
        guard let cursor else {
            self = .fresh(view)
            return
        }
        guard case .event(let at)? = EventID(cursor), at.epoch == epoch, at.index <= view.index else {
            self = .unknown(view)
            return
        }
        self.init(missed: view.index - at.index, after: at.number, view)
    }

    /// Of a subscription in a session.
    /// - Parameter number: the client has had everything up to it.
    init(after number: UInt64, view: View) {
        self.init(missed: view.count(after: number), after: number, view)
    }

    private init(missed: UInt64?, after number: UInt64, _ view: View) {
        let kept = view.history?.count(after: number) ?? 0
        let loss: Loss =
            switch missed {
            case nil: .unknown
            case let missed? where missed > kept: .some(missed - kept)
            default: .none
            }
        if let history = view.history {
            self.init(loss: loss, after: max(number, history.floor), isNew: false)
        } else {
            self.init(loss: loss, after: view.lastNumber, isNew: loss != .none)
        }
    }

    private init(loss: Loss = .none, after: UInt64, isNew: Bool) {
        self.loss = loss
        self.after = after
        self.isNew = isNew
    }
}

extension View {
    /// Where a client stands that goes on so and has been told its loss.
    func position(of resumption: Resumption, epoch: UInt64) -> EventID {
        let toCome = history?.count(after: resumption.after) ?? 0
        return .event(.init(epoch: epoch, number: resumption.after, index: index - toCome))
    }
}

extension Resumption.Loss {
    /// `missed` of the gap that stands for it.
    var missed: UInt64? { if case .some(let count) = self { count } else { nil } }
}

/// The numbers of a view's latest events, so that those after a given one can be counted. For views that sessions read:
/// their cursors know numbers only. Lines of a log come many at a time and have numbers in a row: such a run is one entry.
///
/// A class, so that a copy of its view is no copy of this; confined to the hub.
final class NumberLog {
    private struct Run {
        let first: UInt64
        var last: UInt64
        /// Of the view, with the last event.
        var index: UInt64
    }

    private let limit: Int
    /// Up to `limit` of them, the oldest at `start`.
    private var runs: [Run] = []
    private var start = 0
    /// The one before the oldest.
    private var floor: Run

    /// - Parameters:
    ///   - floor: number of the last event before this begins.
    ///   - index: the view's index then.
    init(limit: Int, floor: UInt64, index: UInt64) {
        self.limit = limit
        self.floor = Run(first: floor, last: floor, index: index)
    }

    func append(_ number: UInt64, index: UInt64) {
        let newest = place(runs.count - 1)
        if !runs.isEmpty, number == runs[newest].last + 1, index == runs[newest].index + 1 {
            runs[newest].last = number
            runs[newest].index = index
            return
        }
        let run = Run(first: number, last: number, index: index)
        guard runs.count == limit else { return runs.append(run) }
        floor = runs[start]
        runs[start] = run
        start = (start + 1) % limit
    }

    /// The view's index with the last event that has at most this number; nil when this does not reach back so far.
    func index(at number: UInt64) -> UInt64? {
        guard number >= floor.last else { return nil }
        let later = countOfGreater(than: number, in: runs.count) { runs[place($0)].first }
        let at = runs.count - Int(later) - 1
        guard at >= 0 else { return floor.index }
        let run = runs[place(at)]
        return run.index - (run.last - min(number, run.last))
    }

    /// Where the run is that is so many after the oldest.
    private func place(_ offset: Int) -> Int { (start + max(0, offset)) % limit }
}

/// The latest events of a view whose type is kept, as they were rendered: for those who come back. It forgets by the
/// rules of the logs on the client loops, so it reaches back as far as they do.
///
/// A class, so that a copy of its view is no copy of this; confined to the hub.
final class EventHistory {
    private struct Event {
        let number: UInt64
        let bytes: [UInt8]
    }

    private var events: [Event] = []
    /// Where the events begin that are still held; what is before it has been given up, and goes when it is the most.
    private var first = 0
    private var byteCount = 0
    /// Number of the last event that is not held any more.
    private(set) var floor: UInt64 = 0

    func append(_ number: UInt64, _ bytes: UnsafeRawBufferPointer, maxEvents: Int, maxBytes: Int) {
        while first < events.count, events.count - first >= maxEvents || byteCount + bytes.count > maxBytes {
            byteCount -= events[first].bytes.count
            floor = events[first].number
            first += 1
        }
        if first > events.count / 2 {
            events.removeFirst(first)
            first = 0
        }
        events.append(Event(number: number, bytes: Array(bytes)))
        byteCount += bytes.count
    }

    /// How many of the events held have a greater number.
    func count(after number: UInt64) -> UInt64 {
        countOfGreater(than: number, in: events.count - first) { events[first + $0].number }
    }

    /// Hands over the events held, in their order.
    func forEach(_ body: (_ number: UInt64, _ bytes: [UInt8]) -> Void) {
        for event in events[first...] { body(event.number, event.bytes) }
    }
}

/// How many of `count` rising numbers are greater than one.
private func countOfGreater(than number: UInt64, in count: Int, _ at: (Int) -> UInt64) -> UInt64 {
    var low = 0
    var high = count
    while low < high {
        let middle = (low + high) / 2
        if at(middle) > number { high = middle } else { low = middle + 1 }
    }
    return UInt64(count - low)
}
