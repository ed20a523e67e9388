import CWebhook

/// Where alerts are delivered to: an `http` or `https` URL that libcurl can send to. What stands behind the host is
/// often a secret, so only `origin` is ever logged.
package struct WebhookURL: Hashable, Sendable {
    package let text: String
    /// Host, and port if the URL names one.
    package let origin: String

    /// Nil when it is something else, longer than 2 048 bytes, or has characters in it that a URL has to escape.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), Self.hasTwoSlashes(text) else { return nil }
        var buffer = [CChar](repeating: 0, count: CWEBHOOK_MAX_ORIGIN_BYTES)
        guard cwebhook_parse_url(text, &buffer) else { return nil }
        self.text = text
        origin = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// libcurl takes `http:/host` and `http:///host` for what was meant. Who writes that has more likely left something
    /// out.
    private static func hasTwoSlashes(_ text: String) -> Bool {
        let afterScheme = text.drop { $0 != ":" }
        return afterScheme.hasPrefix("://") && !afterScheme.hasPrefix(":///")
    }
}
