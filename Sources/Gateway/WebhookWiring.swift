import Glibc
import Options
import Service
import Webhooks

extension WebhookSettings {
    /// Nil when no webhook is configured.
    init?(_ configuration: Configuration) {
        guard !configuration.webhookURLs.isEmpty else { return nil }
        self.init(
            urls: configuration.webhookURLs, secret: configuration.webhookSecret,
            externalURL: "http://\(Self.reachable(configuration.httpBind))", userAgent: "Sluice/\(sluiceVersion)")
    }

    /// An address that stands for all of this host's is none to go to: its name takes that place.
    private static func reachable(_ endpoint: Endpoint) -> Endpoint {
        guard endpoint.host == "0.0.0.0" || endpoint.host == "::" else { return endpoint }
        var name = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
        guard gethostname(&name, name.count) == 0 else { return endpoint }
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Endpoint(host: host, port: endpoint.port)
    }
}

extension WebhookCounters {
    func write(to text: inout MetricsText) {
        text.counter("sluice_webhook_alerts", "Alerts to be delivered to webhooks, once for each URL", alerts)
        text.counter(
            "sluice_webhook_alerts_merged", "Alerts that ended before their beginning had been sent", merged)
        text.counter("sluice_webhook_attempts", "Attempts to deliver a notification", attempts)
        text.counter("sluice_webhook_failures", "Attempts that are repeated later", failedAttempts)
        text.counter("sluice_webhook_deliveries", "Notifications that their receivers took", delivered)
        text.counter(
            "sluice_webhook_drops", "Notifications given up, by reason",
            [
                .init(droppedFull, ["reason": "full"]), .init(droppedRefused, ["reason": "refused"]),
                .init(droppedExpired, ["reason": "expired"]), .init(droppedUnknown, ["reason": "unknown_url"]),
            ])
        text.gauge("sluice_webhook_queued", "Notifications that wait", waiting)
    }
}
