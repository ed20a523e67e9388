import JSON
import Model
import Testing

@testable import Webhooks

@Suite("Bodies of notifications") struct WebhookBodyTests {
    private static func body(_ alerts: [Alert], rule: String = "high_cpu") throws -> JSONValue {
        let notification = WebhookNotification(
            id: WebhookDeliveryID("dlv_1"), url: "http://receiver/", rule: rule, alerts: alerts,
            createdAt: WallTime(millisecondsSince1970: 0))
        return try JSONParser.parse(WebhookBody(externalURL: "http://gateway:8080").bytes(notification))
    }

    @Test("a firing alert looks as Alertmanager would write it")
    func firing() throws {
        let expected = """
            {"receiver":"sluice","status":"firing","alerts":[{"status":"firing",
              "labels":{"agent_id":"web1","alertname":"high_cpu","severity":"critical","team":"core"},
              "annotations":{"summary":"cpu.usage_percent is 93.5 on web1, above 90","threshold":"90","value":"93.5"},
              "startsAt":"2023-11-14T22:13:20.000Z","endsAt":"0001-01-01T00:00:00Z",
              "generatorURL":"http://gateway:8080/alerts","fingerprint":"7cc8eda0c081de2d"}],
             "groupLabels":{"alertname":"high_cpu"},
             "commonLabels":{"agent_id":"web1","alertname":"high_cpu","severity":"critical","team":"core"},
             "commonAnnotations":{"summary":"cpu.usage_percent is 93.5 on web1, above 90","threshold":"90",
              "value":"93.5"},
             "externalURL":"http://gateway:8080","version":"4","groupKey":"{}:{alertname=\\"high_cpu\\"}",
             "truncatedAlerts":0}
            """
        #expect(try Self.body([alert()]) == JSONParser.parse(Array(expected.utf8)))
    }

    @Test("a notification is resolved when all its alerts are")
    func status() throws {
        let mixed = try Self.body([alert(1, .resolved), alert(2)])
        #expect(mixed["status"]?.string == "firing")
        #expect(mixed["alerts"]?.array?.map { $0["status"]?.string } == ["resolved", "firing"])
        let resolved = try Self.body([alert(1, .resolved), alert(2, .resolved)])
        #expect(resolved["status"]?.string == "resolved")
        #expect(resolved["alerts"]?[0]?["endsAt"]?.string == "2023-11-14T22:14:20.000Z")
    }

    @Test("common are the labels and annotations that all alerts have with the same value")
    func common() throws {
        var second = alert(2)
        second.labels["team"] = nil
        let body = try Self.body([alert(1), second])
        #expect(body["commonLabels"]?.object?.members.map(\.name) == ["alertname", "severity"])
        #expect(body["commonAnnotations"]?.object?.members.map(\.name) == ["threshold", "value"])
    }

    @Test("an alert has the same fingerprint when it ends, and another one another")
    func fingerprint() throws {
        let fingerprints = try Self.body([alert(1), alert(1, .resolved), alert(2)])["alerts"]?.array?
            .compactMap { $0["fingerprint"]?.string }
        let found = try #require(fingerprints)
        #expect(found[0] == found[1] && found[0] != found[2])
        #expect(found.allSatisfy { $0.count == 16 })
    }

    @Test("labels of the rule cannot stand for what identifies the alert")
    func identity() throws {
        var forged = alert()
        forged.labels = ["agent_id": "other", "alertname": "other", "severity": "info"]
        let labels = try Self.body([forged])["alerts"]?[0]?["labels"]
        #expect(labels?["agent_id"]?.string == "web1")
        #expect(labels?["alertname"]?.string == "high_cpu")
        #expect(labels?["severity"]?.string == "critical")
    }

    @Test("an alert about every host names *, and one without numbers has none")
    func withoutNumbers() throws {
        var event = alert(agent: .every)
        event.value = nil
        event.threshold = nil
        let body = try Self.body([event])["alerts"]?[0]
        #expect(body?["labels"]?["agent_id"]?.string == "*")
        #expect(body?["annotations"]?.object?.members.map(\.name) == ["summary"])
    }

    @Test("quotes, line ends and backslashes in the name of a rule stay text in the group key")
    func groupKey() throws {
        let rule = "a \"quoted\"\\\nname"
        #expect(
            try Self.body([alert(rule: rule)], rule: rule)["groupKey"]?.string
                == "{}:{alertname=\"a \\\"quoted\\\"\\\\\\nname\"}")
    }
}
