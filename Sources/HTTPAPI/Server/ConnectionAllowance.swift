import CReactor

/// How many connections there may be in all, and of one address, over several listeners. Any thread.
///
/// @unchecked Sendable because `hall` does not change, and an sr_hall may be used by any thread.
package final class ConnectionAllowance: @unchecked Sendable {
    /// The sr_hall; a reference of its own until `deinit`. The listeners keep theirs.
    let hall: OpaquePointer

    /// - Parameter limits: of which `connections` and `connectionsPerAddress` are looked at.
    package init(_ limits: HTTPLimits) {
        hall = sr_hall_new(UInt32(limits.connections), UInt32(limits.connectionsPerAddress))
    }

    deinit { sr_hall_release(hall) }
}
