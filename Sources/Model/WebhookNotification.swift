/// `dlv_` and 128 random bits; the same at every attempt, so that a receiver can tell repetitions.
package typealias WebhookDeliveryID = Identifier<WebhookDeliveryKind>
package enum WebhookDeliveryKind {}

/// What becomes of the notifications that wait, for whoever keeps them over a restart: in order, each makes what is kept
/// the same as what waits.
package enum WebhookChange: Hashable, Sendable {
    /// Behind all others; its alerts follow, each as a `put`.
    case opened(WebhookNotification)
    /// Takes the place of what is there.
    case put(Alert, at: Int, in: WebhookDeliveryID)
    /// Delivered or given up.
    case removed(WebhookDeliveryID)
}

/// What one webhook is to be told in one POST: a value, so that what waits can be kept over a restart.
package struct WebhookNotification: Hashable, Sendable {
    package var id: WebhookDeliveryID
    /// Where it goes. May contain what nobody but its receiver should know.
    package var url: String
    /// The rule of all its alerts.
    package var rule: String
    /// Those that began or ended, each once, in the order in which they came.
    package var alerts: [Alert]
    package var createdAt: WallTime
    /// How often it was tried. Once it was, the receiver may have it, and its alerts stay as they are.
    package var attempts: Int

    package init(
        id: WebhookDeliveryID, url: String, rule: String, alerts: [Alert], createdAt: WallTime, attempts: Int = 0
    ) {
        self.id = id
        self.url = url
        self.rule = rule
        self.alerts = alerts
        self.createdAt = createdAt
        self.attempts = attempts
    }
}
