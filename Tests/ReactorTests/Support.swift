import Glibc
import Reactor
import Testing

/// What happened, in order, noted from any thread.
///
/// @unchecked Sendable because `entries` is protected by `mutex`. A pthread mutex and not `Synchronization.Mutex`, whose
/// locking happens inside of the uninstrumented runtime: the thread sanitizer would take every use for a race.
final class Recorder<Entry: Sendable>: @unchecked Sendable {
    private var entries: [Entry] = []
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func note(_ entry: Entry) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        entries.append(entry)
    }

    var all: [Entry] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return entries
    }

    var count: Int { all.count }
}

/// Something that only its loop's thread touches, and that tests carry from one visit of the loop to the next.
///
/// @unchecked Sendable because the tests use `value` inside of `loop.run` only.
final class Confined<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}

/// Waits until the condition holds; records an issue after ten seconds.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(40)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("not in time: \(what)", sourceLocation: sourceLocation)
            throw NotInTime()
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}

struct NotInTime: Error {}

/// A loop that is stopped and waited for when the body is done.
func withLoop<Value>(_ body: (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(name: "test")
    defer {
        loop.stop()
        loop.join()
    }
    return try await body(loop)
}
