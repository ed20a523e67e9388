package import Model

/// Keeps what happens on a host, and what other processors find there.
package struct SystemEventProcessor: StreamProcessor {
    package static let info = ProcessorInfo(
        name: "system_events", reads: [.systemEvent, .gap], whenBehind: .sourceWaits)

    package init(agent: AgentID) {}

    package mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        switch observation {
        case .systemEvent(let event, let number):
            context.keep(.event(event, number.map { StreamPosition(context.agent, .systemEvents, $0) }))
        case .gap(.systemEvents, let number):
            context.actions.append(.settle(StreamPosition(context.agent, .systemEvents, number)))
        default: break
        }
    }
}

/// Keeps what happens in the gateway about agents. What is of no consequence, such as the subscriptions that come and go,
/// is left to the rules alone.
package struct GatewayEventProcessor: StreamProcessor {
    package static let info = ProcessorInfo(
        name: "gateway_events", reads: .gatewayEvent, whenBehind: .sourceWaits)

    package init(agent: AgentID) {}

    package mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        guard case .gatewayEvent(let event) = observation else { return }
        guard event.severity >= .warning || event.kind.hasPrefix("agent_") else { return }
        context.keep(.event(event, nil))
    }
}

extension StreamPosition {
    init(_ agent: AgentID, _ type: StreamType, _ number: ItemNumber) {
        self.init(agent: agent, type: type, origin: number.origin, seq: number.seq)
    }
}
