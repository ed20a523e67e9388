package import Model

/// How long to wait after failures: a random time of up to 1 s after the first in a row, then up to 2 s, 4 s ... 5 min
/// ("full jitter", so that many gateways whose receiver was away do not come back to it in step).
package struct WebhookBackoff: Sendable {
    package var firstCeiling: Milliseconds = 1_000
    package var lastCeiling: Milliseconds = 300_000
    /// No receiver can put off a notification for longer than this at a time.
    package var longestRetryAfter: Milliseconds = 3_600_000

    package init() {}

    /// - Parameters:
    ///   - failures: in a row, at least 1.
    ///   - retryAfter: what the receiver asked for; the delay is never shorter.
    func delay(
        afterFailures failures: Int, retryAfter: Milliseconds = 0, using generator: inout some RandomNumberGenerator
    ) -> Milliseconds {
        let doublings = min(failures - 1, 30)  // beyond the last ceiling for any first one
        let ceiling = min(firstCeiling << doublings, lastCeiling)
        return max(Milliseconds.random(in: 0...ceiling, using: &generator), min(retryAfter, longestRetryAfter))
    }
}
