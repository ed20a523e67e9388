import Gateway
import HTTPAPI
import JSON
import Model
import TestSupport
import Testing
import Webhooks

@Suite struct WebhookTests {
    @Test("with a webhook configured, alerts are delivered, signed, counted, and links lead to the gateway")
    func delivery() async throws {
        let receiver = try HTTPReceiver()
        let url = try #require(WebhookURL(receiver.url))
        let gateway = try await TestGateway {
            $0.webhookURLs = [url]
            $0.webhookSecret = Array("secret".utf8)
            $0.pathPrefix = PathPrefix("/sluice") ?? .none
        }
        let alert = Alert(
            id: AlertID("alr_1"), rule: "high_cpu", agent: .one(AgentID("web1")), source: .metrics, level: .warning,
            state: .firing, metric: "cpu.usage_percent", value: 91, threshold: 90, message: "high",
            startedAt: WallTime(millisecondsSince1970: 1_700_000_000_000))
        try #require(gateway.server.webhooks).submit([alert])
        try await receiver.hear(1)
        try await eventually("it is counted") {
            try await gateway.call("GET", "/metrics").text.contains("sluice_webhook_deliveries_total 1\n")
        }
        await gateway.stop()
        receiver.stop()
        let request = receiver.requests[0]
        #expect(request.headers["x-sluice-signature"]?.hasPrefix("sha256=") == true)
        let body = try JSONParser.parse(request.body)
        let gatewayURL = try #require(body["externalURL"]?.string)
        #expect(gatewayURL.hasPrefix("http://127.0.0.1:") && gatewayURL.hasSuffix("/sluice"))
    }

    @Test("stopping delivers what waits, and waits for nobody who hangs")
    func stopping() async throws {
        let receiver = try HTTPReceiver()
        let hanging = try HTTPReceiver { _, _ in .hang }
        let urls = try [receiver, hanging].map { try #require(WebhookURL($0.url)) }
        let gateway = try await TestGateway { $0.webhookURLs = urls }
        let alert = Alert(
            id: AlertID("alr_1"), rule: "high_cpu", agent: .every, source: .metrics, level: .warning, state: .firing,
            metric: "cpu.usage_percent", value: nil, threshold: nil, message: "high",
            startedAt: WallTime(millisecondsSince1970: 1_700_000_000_000))
        try #require(gateway.server.webhooks).submit([alert])
        let began = ContinuousClock.now
        await gateway.stop()
        #expect(ContinuousClock.now - began < .seconds(9))
        receiver.stop()
        hanging.stop()
        #expect(receiver.requests.count == 1)
        #expect(gateway.server.webhooks?.pending.map(\.url) == [hanging.url])
    }
}
