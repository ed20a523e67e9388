import CWebhook
import Glibc
import Model
import Reactor

/// Sends notifications, each with one POST. Blocks its caller meanwhile. Any thread.
///
/// @unchecked Sendable because `cancellation` may be used by any thread; it is freed with this object, which every call
/// holds.
final class WebhookSender: @unchecked Sendable {
    private let settings: WebhookSettings
    private let body: WebhookBody
    private let cancellation = cwebhook_cancellation_new()

    init(_ settings: WebhookSettings) {
        self.settings = settings
        body = WebhookBody(externalURL: settings.externalURL)
    }

    deinit { cwebhook_cancellation_free(cancellation) }

    /// Ends what is under way within a second or so, and what comes later at once.
    func cancel() { cwebhook_cancel(cancellation) }

    func send(_ notification: WebhookNotification, at time: WallTime) -> WebhookOutcome {
        let bytes = body.bytes(notification)
        var answer = post(bytes, to: notification.url, headers: headers(notification, bytes, time))
        if answer.cancelled { return .cancelled }
        guard answer.status == 0 else {
            return WebhookOutcome(status: Int(answer.status), retryAfterSeconds: answer.retry_after_seconds)
        }
        let reason = withUnsafeBytes(of: &answer.error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return .failed(reason: reason, retryAfter: 0)
    }

    private func headers(_ notification: WebhookNotification, _ body: [UInt8], _ time: WallTime) -> [String] {
        var headers = [
            "Content-Type: application/json", "User-Agent: \(settings.userAgent)",
            "X-Sluice-Delivery: \(notification.id)", "X-Sluice-Timestamp: \(time.millisecondsSince1970 / 1_000)",
        ]
        if let secret = settings.secret {
            headers.append("X-Sluice-Signature: sha256=\(Secrets.hex(Secrets.hmacSHA256(key: secret, body)))")
        }
        return headers
    }

    private func post(_ body: [UInt8], to url: String, headers: [String]) -> cwebhook_answer {
        let lines = headers.map { UnsafePointer(strdup($0)!) }  // nil only without memory, where nothing goes on
        defer { for line in lines { free(UnsafeMutablePointer(mutating: line)) } }
        return url.withCString { url in
            lines.withUnsafeBufferPointer { lines in
                body.withUnsafeBufferPointer { body in
                    // Neither is empty, so both have an address.
                    var request = cwebhook_request(
                        url: url, headers: lines.baseAddress!, header_count: lines.count, body: body.baseAddress!,
                        body_bytes: body.count, connect_timeout_ms: settings.connectTimeout,
                        timeout_ms: settings.timeout, cancellation: cancellation)
                    return cwebhook_post(&request)
                }
            }
        }
    }
}
