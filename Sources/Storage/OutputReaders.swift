import Glibc
import Model
import Synchronization

/// Who reads the output of which task at the moment, and how fast: the log lets a task run no further ahead of a fast
/// reader than the retention reaches. One that has only just begun counts as fast, but such readers hold a task up for
/// `stretchTime` in a minute, until one of them reads on: whoever opens streams and does not read stops nothing. Any thread.
final class OutputReaders: Sendable {
    private struct State {
        var tasks: [TaskID: [UInt64: ReadingPace]] = [:]
        /// Of tasks that newcomers have held up.
        var patience: [TaskID: Patience] = [:]
        /// Nothing from `seq` on is given up before `until`.
        var expected: [TaskID: (seq: UInt64, until: MonotonicTime)] = [:]
        var lastID: UInt64 = 0

        mutating func hasPatience(with task: TaskID, for time: Milliseconds, at now: MonotonicTime) -> Bool {
            let since = patience[task]?.since ?? now
            let isOver = now.milliseconds(since: since) >= OutputReaders.newcomerPeriod
            patience[task, default: Patience()].since = isOver ? now : since
            return isOver || now.milliseconds(since: since) <= time
        }
    }

    private struct Patience {
        /// When the newcomers began to hold the task up; nil before.
        var since: MonotonicTime?
        /// How far the furthest of them has come in its first stretch.
        var reached: UInt64 = 0
    }

    private let state = Mutex(State())
    private let stretchTime: Milliseconds

    /// - Parameter stretchTime: see `TaskOutputSettings`.
    init(stretchTime: Milliseconds = TaskOutputSettings().stretchTime) { self.stretchTime = stretchTime }

    /// A reader comes; it is known until the returned object goes.
    func begin(_ task: TaskID, at seq: UInt64, now: MonotonicTime = .now()) -> OutputReading {
        let id = state.withLock { state in
            state.lastID += 1
            state.tasks[task, default: [:]][state.lastID] = ReadingPace(seq: seq, at: now)
            return state.lastID
        }
        return OutputReading(task: task, id: id, readers: self)
    }

    /// For `returnTime`, readers of what comes from `seq` on are taken to be on their way back.
    func expect(_ task: TaskID, from seq: UInt64, at now: MonotonicTime = .now()) {
        state.withLock { $0.expected[task] = (seq, now + Self.returnTime) }
    }

    /// An EventSource comes back after two to four seconds, as it is told to.
    static let returnTime: Milliseconds = 5_000

    /// Newcomers of a task are waited for once in so long.
    static let newcomerPeriod: Milliseconds = 60_000

    /// Whether a fast reader of the task, or one that is expected, has not read everything before `seq` yet.
    func isAwaited(_ task: TaskID, before seq: UInt64, at now: MonotonicTime = .now()) -> Bool {
        state.withLock { state in
            if let expected = state.expected[task] {
                if now < expected.until, expected.seq < seq { return true }
                if now >= expected.until { state.expected[task] = nil }
            }
            let behind = state.tasks[task]?.values.filter { $0.seq < seq && $0.isFast(at: now, stretchTime) } ?? []
            if behind.isEmpty || behind.contains(where: { !$0.isNew }) { return !behind.isEmpty }
            return state.hasPatience(with: task, for: stretchTime, at: now)
        }
    }

    /// The task has ended: nothing of it is given up any more.
    func forget(_ task: TaskID) {
        state.withLock { state in
            state.expected[task] = nil
            state.patience[task] = nil
        }
    }

    fileprivate func note(_ reading: OutputReading, nextSeq: UInt64, bytes: Int) {
        let now = MonotonicTime.now()
        state.withLock { state in
            let wasNew = state.tasks[reading.task]?[reading.id]?.isNew ?? false
            state.tasks[reading.task]?[reading.id]?.note(nextSeq: nextSeq, bytes: bytes, at: now)
            guard wasNew, state.tasks[reading.task]?[reading.id]?.isNew == false,
                let patience = state.patience[reading.task], nextSeq > patience.reached
            else { return }
            state.patience[reading.task] = Patience(reached: nextSeq)
        }
    }

    fileprivate func end(_ task: TaskID, _ id: UInt64) {
        state.withLock { state in
            state.tasks[task]?[id] = nil
            if state.tasks[task]?.isEmpty == true { state.tasks[task] = nil }
        }
    }
}

/// One reader's entry in `OutputReaders`, taken out with the last reference to this object. Any thread.
final class OutputReading: Sendable {
    fileprivate let task: TaskID
    fileprivate let id: UInt64
    private let readers: OutputReaders

    fileprivate init(task: TaskID, id: UInt64, readers: OutputReaders) {
        self.task = task
        self.id = id
        self.readers = readers
    }

    deinit { readers.end(task, id) }

    /// So many bytes of the file have been read, and `nextSeq` comes next.
    func note(nextSeq: UInt64, bytes: Int) { readers.note(self, nextSeq: nextSeq, bytes: bytes) }
}

/// How fast a reader is: measured by the last stretch of the file that it has read, and by how long it has been at the
/// present one. A value without a clock.
struct ReadingPace {
    static let stretchBytes = 1 << 20

    /// What it reads next.
    private(set) var seq: UInt64
    private var stretchBegan: MonotonicTime
    private var bytesOfStretch = 0
    private var lastStretch: Milliseconds = 0
    /// It has not read a whole stretch yet.
    private(set) var isNew = true

    init(seq: UInt64, at now: MonotonicTime) {
        self.seq = seq
        stretchBegan = now
    }

    mutating func note(nextSeq: UInt64, bytes: Int, at now: MonotonicTime) {
        seq = nextSeq
        bytesOfStretch += bytes
        guard bytesOfStretch >= Self.stretchBytes else { return }
        isNew = false
        lastStretch = now.milliseconds(since: stretchBegan)
        bytesOfStretch = 0
        stretchBegan = now
    }

    /// Also true of one that has only just begun.
    func isFast(at now: MonotonicTime, _ stretchTime: Milliseconds) -> Bool {
        max(lastStretch, now.milliseconds(since: stretchBegan)) <= stretchTime
    }
}

extension MonotonicTime {
    static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }
}
