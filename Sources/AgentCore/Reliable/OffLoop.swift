import Glibc
import Reactor

/// Runs `work`, which may wait for a disk, on a thread of its own, and then `report` on the loop.
/// Loop's thread only. Where there is no thread to be had, the loop does the work.
func offLoop<Result: Sendable>(
    _ loop: EventLoop, work: @escaping @Sendable () -> Result, report: @escaping (Result) -> Void
) {
    OffLoopWork(loop: loop, work: work, report: report).start()
}

/// One piece of work, on its way to the thread and back.
///
/// @unchecked Sendable because `report` is called on the loop only, where it was made.
private final class OffLoopWork<Result: Sendable>: OffLoopRunnable, @unchecked Sendable {
    private let loop: EventLoop
    private let work: @Sendable () -> Result
    private let report: (Result) -> Void

    init(loop: EventLoop, work: @escaping @Sendable () -> Result, report: @escaping (Result) -> Void) {
        self.loop = loop
        self.work = work
        self.report = report
    }

    func start() {
        // The thread owns this reference.
        let context = Unmanaged.passRetained(self as OffLoopRunnable)
        var thread = pthread_t()
        if pthread_create(&thread, nil, runOffLoop, context.toOpaque()) == 0 {
            pthread_detach(thread)
        } else {
            context.takeRetainedValue().run()
        }
    }

    override func run() {
        let result = work()
        loop.execute { self.report(result) }
    }
}

/// Without a type parameter, for C.
private class OffLoopRunnable {
    func run() {}
}

private func runOffLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<OffLoopRunnable>.fromOpaque(context!).takeRetainedValue().run()
    return nil
}
