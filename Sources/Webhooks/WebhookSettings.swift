package import Model

package struct WebhookSettings: Sendable {
    package var urls: [WebhookURL]
    /// Signs the bodies; nil: they are not signed.
    package var secret: [UInt8]?
    /// Of this gateway, for the links in a notification; without slash at the end.
    package var externalURL: String
    package var userAgent: String
    package var limits = WebhookLimits()
    /// For names, TCP and TLS together.
    package var connectTimeout: Milliseconds = 5_000
    /// For an attempt as a whole.
    package var timeout: Milliseconds = 10_000

    package init(urls: [WebhookURL], secret: [UInt8]? = nil, externalURL: String, userAgent: String) {
        self.urls = urls
        self.secret = secret
        self.externalURL = externalURL
        self.userAgent = userAgent
    }
}

/// What a queue holds, and for how long.
package struct WebhookLimits: Sendable {
    /// A notification waits so long for company.
    package var groupWait: Milliseconds = 1_000
    /// Alerts in one notification; further ones make another.
    package var alerts = 100
    /// Notifications that wait for one URL; beyond it the oldest goes.
    package var notifications = 1_000
    /// Alerts in all of these together; likewise.
    package var alertsInAll = 20_000
    /// A notification that could not be delivered for so long is given up.
    package var lifetime: Milliseconds = 24 * 3_600_000
    package var backoff = WebhookBackoff()

    package init() {}
}
