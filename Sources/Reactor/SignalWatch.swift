import CReactor
import Glibc

/// Signals as callbacks of a loop. Used on the loop only; letting go of it anywhere ends the watch, the signals stay
/// blocked.
///
/// @unchecked Sendable because it has no member but `watch`, which is Sendable, and the descriptor, which is closed in
/// `deinit`.
package final class SignalWatch: @unchecked Sendable {
    private let descriptor: Int32
    /// Nil only while `init` runs and in `deinit`: the watch must end before its descriptor is closed.
    private var watch: DescriptorWatch?
    private let loop: EventLoop

    /// Blocks these signals, and SIGPIPE, in this thread and all it starts from now on: the first thing that main does.
    /// A process started later inherits the mask and needs its own.
    package static func block(_ signals: [Int32]) {
        sr_signals_block(signals, signals.count)
    }

    /// Calls the body on the loop for each of these signals, which must have been blocked in all threads.
    package init(loop: EventLoop, signals: [Int32], _ body: @escaping (Int32) -> Void) throws(ReactorError) {
        loop.preconditionInLoop()
        self.loop = loop
        let descriptor = try ReactorError.check { error in
            let descriptor = sr_signals_open(signals, signals.count, error)
            return descriptor < 0 ? nil : descriptor
        }
        self.descriptor = descriptor
        do {
            watch = try DescriptorWatch(loop: loop, descriptor: descriptor) { _ in
                let signal = sr_signals_take(descriptor)
                if signal != 0 { body(signal) }
            }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        watch?.events = .read
    }

    deinit {
        watch = nil
        // After the watch, which goes the same way.
        loop.reclaim { [descriptor] in _ = Glibc.close(descriptor) }
    }
}
