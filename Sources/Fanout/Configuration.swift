import CReactor

/// How a client loop treats its connections. All of them are bounds or periods; there are no defaults that depend on
/// each other.
package struct FanoutConfiguration: Sendable, Hashable {
    /// A comment after that long a silence, jittered by up to a tenth; nil: none.
    package var heartbeat: Duration? = .seconds(15)
    /// A client with a backlog that takes nothing for that long is closed.
    package var stallTimeout: Duration = .seconds(30)
    /// A peer that acknowledges nothing for that long counts as gone. Also ends a frozen reader, as stalled.
    package var userTimeout: Duration = .seconds(30)
    /// Bytes the kernel may hold per client. Left to itself it would hold megabytes for each one that does not read.
    package var sendBuffer: UInt32 = 64 * 1024
    /// Bytes of `write` that may wait for one client; beyond it is closed as stalled.
    package var maxPrivateBytes = 1024 * 1024

    package init() {}

    var raw: sr_fanout_config {
        sr_fanout_config(
            heartbeat_ms: heartbeat?.wholeMilliseconds ?? 0,
            stall_timeout_ms: stallTimeout.wholeMilliseconds,
            user_timeout_ms: userTimeout.wholeMilliseconds,
            send_buffer: sendBuffer,
            max_private_bytes: maxPrivateBytes)
    }
}

extension Duration {
    /// Rounded up, so that a short duration does not become "none"; at most 49 days.
    fileprivate var wholeMilliseconds: UInt32 {
        let (seconds, attoseconds) = components
        let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return UInt32(clamping: seconds * 1_000 + fraction)
    }
}
