/// An actor whose `unownedExecutor` is a loop's runs on that loop's thread. Callbacks of the loop's own objects are then
/// already inside the actor: `assumeIsolated` holds there, without a hop.
///
/// Jobs of such an actor that arrive after `stop` never run; stop its users first.
extension EventLoop: SerialExecutor {
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        execute { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Called by `assumeIsolated` and friends when the runtime does not know the current executor by itself, which is
    /// the case in every callback from C.
    package func checkIsolated() {
        preconditionInLoop()
    }

    package func isIsolatingCurrentContext() -> Bool? {
        inLoop
    }
}
