import Glibc
import HTTPAPI
import Logging
import Model
import Options
import Service
import Storage
import Webhooks

extension WebhookSettings {
    /// Nil when no webhook is configured.
    init?(_ configuration: Configuration) {
        guard !configuration.webhookURLs.isEmpty else { return nil }
        self.init(
            urls: configuration.webhookURLs, secret: configuration.webhookSecret,
            externalURL: Self.externalURL(configuration), userAgent: "Sluice/\(sluiceVersion)")
    }

    private static func externalURL(_ configuration: Configuration) -> String {
        let scheme = configuration.httpTLS == nil ? "http" : "https"
        return "\(scheme)://\(reachable(configuration.httpBind))\(configuration.pathPrefix.text)"
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

extension WebhookDispatcher {
    /// Nil when no webhook is configured. What an earlier gateway did not deliver goes on; that for webhooks that are
    /// not configured any more goes.
    static func restored(_ configuration: Configuration, _ store: Store, _ log: Logger) async throws -> Self? {
        let waiting = try await store.webhookNotifications()
        guard let settings = WebhookSettings(configuration) else {
            if !waiting.isEmpty { store.enqueue(waiting.map { .keep(.removed($0.id)) }) }
            return nil
        }
        let dispatcher = Self(settings, log: log) { changes in store.enqueue(changes.map { .keep($0) }) }
        dispatcher.restore(waiting)
        return dispatcher
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
