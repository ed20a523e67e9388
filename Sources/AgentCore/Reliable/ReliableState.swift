import Model
import Reactor

/// What a reliable stream has numbered, on disk: noted before it is sent, so that a restart gives no number twice. While
/// the disk takes no notes, what was numbered since waits here, and the disk is tried again. Loop's thread only.
final class ReliableState {
    /// Between two attempts, at least.
    private static let retryPause: Milliseconds = 1000

    /// The disk has taken everything, after it had not.
    var onCaughtUp: () -> Void = {}

    private let journal: StateJournal
    private let stream: ReliableStream
    private let loop: EventLoop
    /// From a change to the next snapshot.
    private let delay: Duration
    private let snapshot: () -> String
    private var timer: LoopTimer?
    private var backoff = Backoff(generator: SystemRandomNumberGenerator())

    init(
        _ journal: StateJournal, of stream: ReliableStream, loop: EventLoop, delay: Duration,
        snapshot: @escaping () -> String
    ) {
        self.journal = journal
        self.stream = stream
        self.loop = loop
        self.delay = delay
        self.snapshot = snapshot
        journal.onWritten = { [unowned self] in settle() }  // unowned: the journal's only owner from here on
    }

    /// There are notes that only the next snapshot will hold.
    var isBehind: Bool { journal.isBehind }

    /// Notes one record; what was given these numbers by it is not sent before that has succeeded.
    func note(_ record: String, numbers: ClosedRange<UInt64>? = nil) {
        guard !journal.append(record) else { return }
        if let numbers { stream.hold(from: numbers.lowerBound) }
        schedule()
    }

    /// A snapshot, a moment from now.
    func schedule() {
        guard timer == nil else { return }
        let delay = isBehind ? .milliseconds(Self.retryPause + backoff.next()) : delay
        timer = loop.schedule(after: delay) { [unowned self] in  // unowned: the timer ends with this object
            timer = nil
            if !journal.checkpoint(snapshot()) { schedule() }
        }
    }

    /// A snapshot, for which the loop waits.
    func writeNow() {
        journal.checkpointNow(snapshot())
        settle()
    }

    /// Everything has got new numbers.
    func renumbered() {
        writeNow()
        if isBehind { stream.hold(from: 1) }
    }

    /// The agent ends.
    func stop() {
        timer = nil
        journal.checkpointNow(snapshot())
    }

    private func settle() {
        guard !isBehind else { return schedule() }
        backoff.reset()
        guard stream.isHeld else { return }
        stream.release()
        onCaughtUp()
    }
}
