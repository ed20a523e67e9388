/// An unanswered HTTP request that is to become a stream.
package struct StreamRequest: Sendable {
    /// Gives up the sr_request.
    let take: @Sendable () -> OpaquePointer?

    /// - Parameter take: called once, on the loop of the `ClientLoop` that the request is given to, which must be the one
    ///   it arrived on. Returns the sr_request, which is no longer the caller's then, or nil when it has been answered.
    package init(_ take: @escaping @Sendable () -> OpaquePointer?) {
        self.take = take
    }
}
