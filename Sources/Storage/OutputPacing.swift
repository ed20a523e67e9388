import Model
import Synchronization

/// Completions that wait although their lines are stored: as long as the next segment would take away what a fast
/// reader has still to read. An agent lets a command wait whose output is not acknowledged, so the command goes at the
/// pace of its fast readers once it is the whole retention ahead of them. Slow readers hold nothing up.
///
/// On the log's queue, except `count`.
final class OutputPacing: Sendable {
    private typealias Held = (completion: TaskOutputLog.Completion, stored: UInt64)

    private let held = Mutex<[TaskID: [Held]]>([:])
    private let files: TaskOutputFiles

    init(files: TaskOutputFiles) { self.files = files }

    /// Tasks that have to wait. Any thread.
    var count: Int { held.withLock { $0.count } }

    /// Takes the completions over, and calls them now or when the task may go on, in their order.
    func complete(_ completions: [TaskOutputLog.Completion], of task: TaskID, stored: UInt64) {
        held.withLock { $0[task, default: []] += completions.map { ($0, stored) } }
        releaseIfDue(task)
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
        for each in held.withLock({ $0.removeValue(forKey: task) }) ?? [] { each.completion(.success(each.stored)) }
    }
}
