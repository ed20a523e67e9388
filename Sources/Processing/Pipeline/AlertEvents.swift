import JSON
package import Model
package import Payloads

/// What is told of alerts.
package enum AlertEvents {
    /// An event for each agent and source, in the order of the first alert of each.
    package static func grouped(_ alerts: some Sequence<Alert>, at time: WallTime) -> [ProcessedEvent] {
        var collections: [AlertCollection] = []
        var places: [Place: Int] = [:]
        for alert in alerts {
            let place = Place(agent: alert.agent, source: alert.source)
            if let index = places[place] {
                collections[index].alerts.append(alert)
            } else {
                places[place] = collections.count
                collections.append(
                    AlertCollection(agent: alert.agent, alerts: [alert], time: time, source: alert.source))
            }
        }
        return collections.map {
            ProcessedEvent(type: .alertEvents, agent: $0.agent, time: time, payload: $0)
        }
    }

    private struct Place: Hashable {
        var agent: AgentSelector
        var source: AlertSource
    }
}

extension AlertCollection: ProcessedPayload {
    package func render(for config: StreamConfig, _ facts: RenderingFacts) -> RenderedEvent? {
        var shown = self
        shown.alerts = config.alertLevels.select(alerts)
        guard !shown.alerts.isEmpty else { return nil }
        return RenderedEvent(facts) {
            shown.write(to: &$0)
        } metadata: {
            $0.member("alert_count", shown.alerts.count)
        }
    }
}

extension [String] {
    /// As `alert_levels`: empty means all.
    func select(_ alerts: [Alert]) -> [Alert] {
        isEmpty ? alerts : alerts.filter { contains($0.level.rawValue) }
    }
}

extension RenderedEvent {
    /// - Parameters:
    ///   - data: writes one value.
    ///   - metadata: writes members of an object.
    init(_ facts: RenderingFacts, data: (inout JSONWriter) -> Void, metadata: (inout JSONWriter) -> Void = { _ in }) {
        self.init(
            data: JSONWriter.render(data),
            metadata: JSONWriter.render { writer in
                writer.object {
                    if facts.isSnapshot { $0.member("snapshot", true) }
                    metadata(&$0)
                }
            })
    }
}
