package import Model

/// What one listener accepts of strangers.
package struct HTTPLimits: Sendable {
    /// Request line and headers.
    package var headerBytes = 32 * 1024
    package var bodyBytes = 1024 * 1024
    /// For the whole request to arrive, and for the client to take some of the answer.
    package var requestTimeout: Milliseconds = 15_000
    /// For a connection without a request.
    package var idleTimeout: Milliseconds = 60_000
    /// SSE streams included.
    package var connections = 20_000
    /// IPv6 counts by /64; loopback is exempt; 0 is no limit.
    package var connectionsPerAddress = 256

    package init() {}
}
