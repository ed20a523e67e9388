/// A closure that C holds as a `void *` context.
final class Callback<Arguments> {
    let body: (Arguments) -> Void

    init(_ body: @escaping (Arguments) -> Void) {
        self.body = body
    }

    /// The context for C. It is owned by C until `take` or `release` is called with it.
    func retainedContext() -> UnsafeMutableRawPointer {
        Unmanaged.passRetained(self).toOpaque()
    }

    /// Borrows: C goes on owning the context.
    static func borrow(_ context: UnsafeMutableRawPointer?) -> Callback {
        Unmanaged.fromOpaque(context!).takeUnretainedValue()
    }

    /// Ends C's ownership; the callback lives on as long as the returned reference.
    static func take(_ context: UnsafeMutableRawPointer?) -> Callback {
        Unmanaged.fromOpaque(context!).takeRetainedValue()
    }
}

/// A C handle and the context that goes with it, on their way to the loop that frees them.
///
/// @unchecked Sendable because the one who sends it gives it up.
struct LoopOwned: @unchecked Sendable {
    let handle: OpaquePointer
    let context: UnsafeMutableRawPointer
}
