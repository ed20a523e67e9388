import CReactor
import Glibc
import Synchronization

/// One thread that runs one libevent loop. What belongs to a loop (timers, watches, links and whatever an owner keeps
/// beside them) is touched on its thread only; everybody else sends it functions.
///
/// The thread runs from `init` until `stop`. It keeps the loop alive meanwhile, so dropping the last reference
/// without `stop` leaks both.
///
/// @unchecked Sendable because `handle` is used from other threads only for the C functions that allow any thread,
/// and `thread` is protected by its mutex.
package final class EventLoop: @unchecked Sendable {
    /// Shown by debuggers and `top -H`; the kernel keeps the first 15 bytes.
    package let name: String
    /// The sr_loop, for the modules that put C objects of their own on it. Owned here; valid as long as this object.
    package let handle: OpaquePointer

    /// Nil before the start and when somebody has joined it.
    private let thread = Mutex<pthread_t?>(nil)

    /// Creates the loop and starts its thread.
    package init(name: String) throws(ReactorError) {
        self.name = name
        handle = try ReactorError.check { sr_loop_new($0) }
        try start()
    }

    deinit {
        // The thread holds a reference while it runs, so it has ended or is just about to release the last one.
        if let thread = thread.withLock({ $0 }) { pthread_detach(thread) }
        sr_loop_free(handle)
    }

    private func start() throws(ReactorError) {
        // The thread owns this reference and gives it up when the loop has ended.
        let context = Unmanaged.passRetained(self)
        let code = thread.withLock { thread in
            var created = pthread_t()
            let code = pthread_create(&created, nil, runEventLoop, context.toOpaque())
            if code == 0 { thread = created }
            return code
        }
        guard code == 0 else {
            context.release()
            throw ReactorError(code: code, description: "cannot start the thread of loop \(name): error \(code)")
        }
    }

    fileprivate func run() {
        sr_set_thread_name(name)
        precondition(sr_loop_run(handle) == 0, "the event base of loop \(name) failed")
    }

    // MARK: - End

    /// Any thread. What was sent before still runs, then what is deferred, then every open link is closed; after
    /// that the thread ends. What is sent later is refused.
    package func stop() {
        sr_loop_stop(handle)
    }

    /// Waits for the thread to end, after `stop`. Not from the loop itself. Returns at once when it has been joined.
    package func join() {
        precondition(!inLoop, "a loop cannot wait for its own end")
        // Under the lock, so that a second caller returns no earlier than the first.
        thread.withLock { thread in
            if let running = thread { pthread_join(running, nil) }
            thread = nil
        }
    }

    // MARK: - Confinement

    /// Any thread: is this the loop's thread?
    package var inLoop: Bool { sr_loop_is_current(handle) }

    /// Traps in debug builds when called from elsewhere. For hot paths.
    package func assertInLoop(file: StaticString = #fileID, line: UInt = #line) {
        assert(inLoop, "not on loop \(name)", file: file, line: line)
    }

    /// Traps in every build when called from elsewhere. For the edges of an interface.
    package func preconditionInLoop(file: StaticString = #fileID, line: UInt = #line) {
        precondition(inLoop, "not on loop \(name)", file: file, line: line)
    }

    // MARK: - Sending it work

    /// Any thread. Runs the body on the loop, in the order of the calls.
    /// - Returns: false when the loop has been stopped; the body has been dropped then.
    @discardableResult
    package func execute(_ body: @escaping @Sendable () -> Void) -> Bool {
        let context = Callback<Void>(body).retainedContext()
        let accepted = sr_loop_post(handle, runOnce, context)
        if !accepted { _ = Callback<Void>.take(context) }
        return accepted
    }

    /// Any task. Runs the body on the loop and returns what it returns.
    /// - Throws: what the body throws, or `EventLoopStopped`.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let accepted = execute { continuation.resume(with: Result { try body() }) }
            if !accepted { continuation.resume(throwing: EventLoopStopped()) }
        }
    }

    /// On the loop. Runs the body after the input that is ready now has been handled, and within about 5 ms: for work
    /// that gets cheaper when it is done once for all that arrived together.
    package func runDeferred(_ body: @escaping () -> Void) {
        assertInLoop()
        sr_loop_defer(handle, runOnce, Callback<Void>(body).retainedContext())
    }

    /// Any thread. Runs the body where nothing else touches the loop's objects: now, when this is the loop or when the
    /// loop's thread has ended; otherwise on the loop, later. For freeing what belongs to the loop in a `deinit`.
    func reclaim(_ body: @escaping @Sendable () -> Void) {
        if inLoop { return body() }
        if execute(body) { return }
        join()
        body()
    }

    /// Any thread.
    package var statistics: Statistics {
        let stats = sr_loop_get_stats(handle)
        return Statistics(executed: stats.posts, wakeups: stats.wakeups, deepest: stats.deepest)
    }

    /// What has gone through the loop's mailbox.
    package struct Statistics: Sendable, Hashable {
        /// Functions accepted.
        package let executed: UInt64
        /// Times the thread had to be woken for them.
        package let wakeups: UInt64
        /// The most that ever waited.
        package let deepest: UInt64
    }
}

/// The loop has been stopped and accepts nothing any more.
package struct EventLoopStopped: Error {
    package init() {}
}

/// The thread's entry. Takes over the reference that `start` has made.
private func runEventLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<EventLoop>.fromOpaque(context!).takeRetainedValue().run()
    return nil
}

/// Runs a posted or deferred function and ends C's ownership of it.
private func runOnce(_ context: UnsafeMutableRawPointer?) {
    Callback<Void>.take(context).body(())
}
