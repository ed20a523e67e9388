import CReactor

/// A timer of a loop. Used on the loop only; letting go of it anywhere cancels it.
///
/// @unchecked Sendable because its members check that they are called on the loop, and `deinit` goes there.
package final class LoopTimer: @unchecked Sendable {
    private let loop: EventLoop
    /// The sr_timer; it owns a `Callback<Void>`, not this object, which may go away on another thread while it fires.
    private let owned: LoopOwned

    /// A timer that is not running. The body runs on the loop.
    package init(loop: EventLoop, _ body: @escaping () -> Void) {
        loop.preconditionInLoop()
        self.loop = loop
        let context = Callback<Void>(body).retainedContext()
        owned = LoopOwned(handle: sr_timer_new(loop.handle, fire, context), context: context)
    }

    deinit {
        loop.reclaim { [owned] in
            sr_timer_free(owned.handle)
            _ = Callback<Void>.take(owned.context)
        }
    }

    /// (Re)starts it. It never fires early; repetitions do not drift, and those that the loop was too busy for are left
    /// out. Resolution: milliseconds.
    package func start(after delay: Duration, repeating period: Duration? = nil) {
        loop.assertInLoop()
        let period = period.map { max(1, $0.wholeMilliseconds) } ?? 0
        sr_timer_start(owned.handle, delay.wholeMilliseconds, period)
    }

    /// It can be started again.
    package func cancel() {
        loop.assertInLoop()
        sr_timer_stop(owned.handle)
    }
}

extension EventLoop {
    /// On the loop: a running timer, which lasts as long as the caller keeps it.
    package func schedule(
        after delay: Duration, repeating period: Duration? = nil, _ body: @escaping () -> Void
    ) -> LoopTimer {
        let timer = LoopTimer(loop: self, body)
        timer.start(after: delay, repeating: period)
        return timer
    }
}

private func fire(_ context: UnsafeMutableRawPointer?) {
    Callback<Void>.borrow(context).body(())
}
