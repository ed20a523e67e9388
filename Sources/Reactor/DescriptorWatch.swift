import CReactor

/// What a descriptor is ready for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let read = Readiness(rawValue: Int32(SR_READ))
    package static let write = Readiness(rawValue: Int32(SR_WRITE))
}

/// Level-triggered readiness of a descriptor that the caller owns and closes, after this object is gone or paused. Used
/// on the loop only; letting go of it anywhere ends the watch.
///
/// @unchecked Sendable because its members check that they are called on the loop, and `deinit` goes there.
package final class DescriptorWatch: @unchecked Sendable {
    private let loop: EventLoop
    /// The sr_watch; it owns a `Callback<Int32>`, not this object.
    private let owned: LoopOwned

    /// A watch that reports nothing until `events` is set. The body runs on the loop.
    /// - Throws: for descriptors that cannot be polled, such as those of regular files.
    package init(
        loop: EventLoop, descriptor: Int32, _ body: @escaping (Readiness) -> Void
    ) throws(ReactorError) {
        loop.preconditionInLoop()
        self.loop = loop
        let context = Callback<Int32> { body(Readiness(rawValue: $0)) }.retainedContext()
        do {
            let handle = try ReactorError.check { sr_watch_new(loop.handle, descriptor, report, context, $0) }
            owned = LoopOwned(handle: handle, context: context)
        } catch {
            _ = Callback<Int32>.take(context)
            throw error
        }
    }

    deinit {
        loop.reclaim { [owned] in
            sr_watch_free(owned.handle)
            _ = Callback<Int32>.take(owned.context)
        }
    }

    /// What to report; empty pauses.
    package var events: Readiness = [] {
        didSet {
            loop.assertInLoop()
            sr_watch_set(owned.handle, events.rawValue)
        }
    }
}

private func report(_ context: UnsafeMutableRawPointer?, _ events: Int32) {
    Callback<Int32>.borrow(context).body(events)
}
