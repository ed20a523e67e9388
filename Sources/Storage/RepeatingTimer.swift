import Dispatch

/// Calls a closure on a queue, again and again, until it is cancelled or released.
///
/// @unchecked Sendable because the source is the only state, and libdispatch's sources may be used from any thread.
final class RepeatingTimer: @unchecked Sendable {
    private let source: any DispatchSourceTimer

    /// The first call comes after one interval.
    init(on queue: DispatchQueue, every milliseconds: Int, _ body: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeTimerSource(queue: queue)
        let interval = DispatchTimeInterval.milliseconds(milliseconds)
        source.schedule(deadline: .now() + interval, repeating: interval)
        source.setEventHandler(handler: body)
        source.resume()
    }

    deinit { source.cancel() }

    func cancel() { source.cancel() }
}
