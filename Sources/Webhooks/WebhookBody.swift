import JSON
import Model

/// The body of a notification, as Alertmanager (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)
/// writes it, version 4. The same notification gives the same bytes, so a repetition has the same signature.
struct WebhookBody {
    private static let receiver = "sluice"
    /// What Go writes for no time, and receivers know as the end of an alert that goes on.
    private static let noTime = "0001-01-01T00:00:00Z"

    let externalURL: String

    func bytes(_ notification: WebhookNotification) -> [UInt8] {
        let alerts = notification.alerts
        let labels = alerts.map(\.webhookLabels)
        let annotations = alerts.map(\.webhookAnnotations)
        return JSONWriter.render { writer in
            writer.object {
                $0.member("receiver", Self.receiver)
                $0.member("status", alerts.contains { $0.state == .firing } ? "firing" : "resolved")
                $0.array("alerts") { list in
                    for (index, alert) in alerts.enumerated() {
                        write(alert, labels[index], annotations[index], to: &list)
                    }
                }
                $0.texts("groupLabels", ["alertname": notification.rule])
                $0.texts("commonLabels", Self.common(labels))
                $0.texts("commonAnnotations", Self.common(annotations))
                $0.member("externalURL", externalURL)
                $0.member("version", "4")
                $0.member("groupKey", "{}:{alertname=\(Self.quoted(notification.rule))}")
                $0.member("truncatedAlerts", 0)  // those that do not fit are in another notification
            }
        }
    }

    private func write(
        _ alert: Alert, _ labels: [String: String], _ annotations: [String: String], to list: inout JSONWriter
    ) {
        list.object {
            $0.member("status", alert.state == .firing ? "firing" : "resolved")
            $0.texts("labels", labels)
            $0.texts("annotations", annotations)
            $0.member("startsAt", millisecondsSince1970: alert.startedAt.millisecondsSince1970)
            if alert.state == .firing {
                $0.member("endsAt", Self.noTime)
            } else {
                let end = alert.resolvedAt ?? alert.updatedAt
                $0.member("endsAt", millisecondsSince1970: end.millisecondsSince1970)
            }
            $0.member("generatorURL", externalURL + "/alerts")
            $0.member("fingerprint", Self.fingerprint(labels))
        }
    }

    /// What all of them have, with the same value.
    private static func common(_ all: [[String: String]]) -> [String: String] {
        guard let first = all.first else { return [:] }
        return all.dropFirst().reduce(first) { common, other in common.filter { other[$0.key] == $0.value } }
    }

    /// The same for the same labels: an alert that ends has the fingerprint with which it began, as has its next
    /// occurrence. FNV-1a, 64 bits, over names and values in order, each ended by a byte that no text contains.
    private static func fingerprint(_ labels: [String: String]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) {
            for text in [name, value] {
                text.utf8.forEach(add)
                add(0xff)
            }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// As in a matcher of Prometheus.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Alert {
    /// Those of the rule; the ones that say which alert this is cannot be replaced by them.
    fileprivate var webhookLabels: [String: String] {
        let agentText =
            switch agent {
            case .one(let id): id.text
            case .every: "*"
            }
        let own = ["alertname": rule, "agent_id": agentText, "severity": level.rawValue]
        return labels.merging(own) { _, own in own }
    }

    fileprivate var webhookAnnotations: [String: String] {
        var annotations = ["summary": message]
        annotations["value"] = value.map(Self.text)
        annotations["threshold"] = threshold.map(Self.text)
        return annotations
    }

    private static func text(_ number: Double) -> String {
        Int64(exactly: number).map(\.description) ?? number.description
    }
}

extension JSONWriter {
    /// A member that is an object of texts, in the order of their names.
    fileprivate mutating func texts(_ name: String, _ texts: [String: String]) {
        object(name) {
            for (name, text) in texts.sorted(by: { $0.key < $1.key }) { $0.member(name, text) }
        }
    }
}
