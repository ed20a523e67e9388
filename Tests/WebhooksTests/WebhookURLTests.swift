import Testing
import Webhooks

@Suite("URLs of webhooks") struct WebhookURLTests {
    @Test(
        "of a URL only host and port are shown",
        arguments: [
            ("http://receiver", "receiver"), ("https://hooks.example.com/services/T0/B0/secret", "hooks.example.com"),
            ("https://user:password@example.com:8443/x?token=y", "example.com:8443"),
            ("http://[::1]:9093/alerts", "[::1]:9093"), ("HTTP://127.0.0.1:1/", "127.0.0.1:1"),
        ])
    func origin(text: String, origin: String) {
        #expect(WebhookURL(text)?.origin == origin)
        #expect(WebhookURL(text)?.text == text)
    }

    @Test(
        "what is no URL for HTTP is refused",
        arguments: [
            "", "receiver", "receiver:80/x", "ftp://receiver/", "file:///etc/passwd", "http://", "http:///path",
            "http:/receiver/", "http:receiver",
            "http://receiver:99999/", "http://recei ver/", "http://receiver/a b", "http://receiver/\r\nX: y",
            "http://empf\u{e4}nger/", "gopher://receiver/", "http://receiver/" + String(repeating: "x", count: 2_048),
        ])
    func refused(text: String) {
        #expect(WebhookURL(text) == nil)
    }
}
