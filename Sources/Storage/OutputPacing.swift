import Model
import Synchronization

/// Completions that wait although their lines are stored: as long as the next segment would take away what a fast
/// reader has still to read. An agent lets a command wait whose output is not acknowledged, so the command goes at the
/// pace of its fast readers once it is the whole retention ahead of them. Slow readers hold nothing up, and an agent
/// that sends on regardless is not waited for.
///
/// On the log's queue, except `count`.
final class OutputPacing: Sendable {
    private struct Held {
        var completions: [(completion: TaskOutputLog.Completion, stored: UInt64)] = []
        /// Of the batches that they belong to.
        var bytes = 0
    }

    /// Of one task: twice what an agent may send before an acknowledgement.
    private static let maxHeldBytes = 2 * TaskOutputFiles.unacknowledgedBytes

    private let held = Mutex<[TaskID: Held]>([:])
    private let files: TaskOutputFiles

    init(files: TaskOutputFiles) { self.files = files }

    /// Tasks that have to wait. Any thread.
    var count: Int { held.withLock { $0.count } }

    /// Takes the completions over, and calls them now or when the task may go on, in their order.
    func complete(_ appends: [TaskOutputLog.Append], of task: TaskID, stored: UInt64) {
        let bytes = held.withLock { held in
            held[task, default: Held()].completions += appends.map { ($0.completion, stored) }
            held[task]?.bytes += appends.reduce(0) { $0 + $1.batch.byteCount }
            return held[task]?.bytes ?? 0
        }
        if bytes > Self.maxHeldBytes { release(task) } else { releaseIfDue(task) }
    }

    /// To be called now and then while `count` is not 0.
    func releaseDue() {
        for task in held.withLock({ Array($0.keys) }) { releaseIfDue(task) }
    }

    func releaseAll() {
        for task in held.withLock({ Array($0.keys) }) { release(task) }
    }

    private func releaseIfDue(_ task: TaskID) {
        if !files.wouldOutrunReader(task) { release(task) }
    }

    private func release(_ task: TaskID) {
        let due = held.withLock { $0.removeValue(forKey: task) }
        for each in due?.completions ?? [] { each.completion(.success(each.stored)) }
    }
}
