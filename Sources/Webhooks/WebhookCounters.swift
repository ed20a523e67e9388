/// What has become of alerts and notifications, over all URLs. An alert counts once for each URL.
package struct WebhookCounters: Hashable, Sendable {
    package var alerts: UInt64 = 0
    /// Alerts whose end took the place of their beginning, which had not been sent yet.
    package var merged: UInt64 = 0
    package var attempts: UInt64 = 0
    package var failedAttempts: UInt64 = 0
    package var delivered: UInt64 = 0
    /// Notifications that were dropped because too many waited.
    package var droppedFull: UInt64 = 0
    /// ... because the receiver refused them.
    package var droppedRefused: UInt64 = 0
    /// ... because they had waited too long.
    package var droppedExpired: UInt64 = 0
    /// ... because they were kept for a URL that is not configured any more.
    package var droppedUnknown: UInt64 = 0
    /// Notifications that wait now, those under way included.
    package var waiting = 0

    package init() {}

    static func + (a: Self, b: Self) -> Self {
        var sum = a
        sum.alerts += b.alerts
        sum.merged += b.merged
        sum.attempts += b.attempts
        sum.failedAttempts += b.failedAttempts
        sum.delivered += b.delivered
        sum.droppedFull += b.droppedFull
        sum.droppedRefused += b.droppedRefused
        sum.droppedExpired += b.droppedExpired
        sum.droppedUnknown += b.droppedUnknown
        sum.waiting += b.waiting
        return sum
    }
}
