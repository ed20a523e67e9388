import Glibc
import Model
import Synchronization

/// What is in the files of one task.
struct TaskOutputState: Sendable, Equatable {
    struct Segment: Sendable, Equatable {
        var firstSeq: UInt64
        /// Bytes up to the end of the last whole record.
        var length: Int
    }

    /// The oldest first.
    var segments: [Segment] = []
    /// 0 when nothing is stored.
    var lastSeq: UInt64 = 0
    /// The final marker is stored.
    var isFinal = false
}

/// Knows for each task what its files hold: written by the log, read by everybody, loaded from the files where it was
/// forgotten. Any thread; the lock is held for look-ups only, never while a file is read.
final class TaskOutputCatalogue: Sendable {
    private struct State {
        var tasks: [TaskID: (state: TaskOutputState, usedAt: UInt64)] = [:]
        var clock: UInt64 = 0
        /// Rises when something is forgotten, so that a load that began before does not bring it back.
        var generation: UInt64 = 0

        mutating func put(_ state: TaskOutputState, of task: TaskID, capacity: Int) {
            if tasks[task] == nil, tasks.count >= capacity,
                let oldest = tasks.min(by: { $0.value.usedAt < $1.value.usedAt })
            {
                tasks[oldest.key] = nil
                generation += 1
            }
            clock += 1
            tasks[task] = (state, clock)
        }
    }

    private static let capacity = 4_096

    private let state = Mutex(State())
    private let directory: String

    init(directory: String) { self.directory = directory }

    /// Nil for a name that could lead out of the directory.
    func path(of task: TaskID) -> String? {
        guard IdentifierRules.isValid(task.text), !task.text.hasPrefix(".") else { return nil }
        return "\(directory)/\(task)"
    }

    static func path(of segment: UInt64, in directory: String) -> String {
        let digits = String(segment, radix: 16)
        return "\(directory)/\(String(repeating: "0", count: 16 - digits.count))\(digits).out"
    }

    /// Empty for a task that has no files. Reads at most one segment when the task was forgotten.
    func state(of task: TaskID) -> TaskOutputState {
        let (known, generation) = state.withLock { state in
            state.clock += 1
            state.tasks[task]?.usedAt = state.clock
            return (state.tasks[task]?.state, state.generation)
        }
        if let known { return known }
        guard let path = path(of: task) else { return TaskOutputState() }
        let loaded = TaskOutputRecovery.load(path)
        guard !loaded.segments.isEmpty else { return loaded }
        return state.withLock { state in
            if let newer = state.tasks[task]?.state { return newer }
            if state.generation == generation { state.put(loaded, of: task, capacity: Self.capacity) }
            return loaded
        }
    }

    /// By the log only: it is the one that changes the files.
    func publish(_ newState: TaskOutputState, of task: TaskID) {
        state.withLock { $0.put(newState, of: task, capacity: Self.capacity) }
    }

    func forget(_ task: TaskID) {
        state.withLock { state in
            state.tasks[task] = nil
            state.generation += 1
        }
    }
}
