import CReactor

/// A function that is sent to loops again and again: made once, it costs no allocation each time.
package final class LoopJob: Sendable {
    private let body: @Sendable () -> Void

    package init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    fileprivate func run() { body() }
}

extension EventLoop {
    /// Any thread. Runs the job on the loop, in the order of the calls; the loop keeps it alive until then.
    /// - Returns: false when the loop has been stopped; the job will not run then.
    package func execute(_ job: LoopJob) -> Bool {
        let context = Unmanaged.passRetained(job)
        let accepted = sr_loop_post(handle, runJob, context.toOpaque())
        if !accepted { context.release() }
        return accepted
    }

    /// On the loop. Runs the job as `runDeferred` does a function.
    package func runDeferred(_ job: LoopJob) {
        assertInLoop()
        sr_loop_defer(handle, runJob, Unmanaged.passRetained(job).toOpaque())
    }
}

/// Takes over the reference that was made when the job was sent.
private func runJob(_ context: UnsafeMutableRawPointer?) {
    Unmanaged<LoopJob>.fromOpaque(context!).takeRetainedValue().run()
}
