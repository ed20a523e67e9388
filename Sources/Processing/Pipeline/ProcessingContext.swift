package import Model

/// What processors have at hand, and where they leave what they made.
package struct ProcessingContext: Sendable {
    package internal(set) var agent: AgentID
    package internal(set) var now: Now
    var readers = ReaderSet()
    /// Of all agents, because some alerts are about many of them.
    var alerts: AlertEngine
    var actions: [PipelineAction] = []
    /// Made by the processor that is running, for those behind it.
    var derived: [Observation] = []
    var counters = ProcessingCounters()

    init(alerts: AlertEngine, _ now: Now) {
        agent = AgentID("")
        self.now = now
        self.alerts = alerts
    }

    /// Shows something to the processors behind this one, before they see what it was made from.
    package mutating func emit(_ observation: Observation) { derived.append(observation) }

    package mutating func keep(_ item: KeptItem) { actions.append(.keep(item)) }

    /// Relays an event of the agent to those who read `type`.
    package mutating func publish(_ type: StreamType, _ payload: some ProcessedPayload) {
        publish(ProcessedEvent(type: type, agent: .one(agent), time: now.wall, payload: payload))
    }

    mutating func publish(_ event: ProcessedEvent) {
        counters.published += 1
        actions.append(.publish(event))
    }

    /// Whether anybody gets what would be published. Where nobody does, nothing needs to be made.
    package func isRead(_ type: StreamType) -> Bool { readers.reads(type) }

    /// Keeps what has become of alerts, and tells what is news: one event for each agent and source.
    mutating func announce(_ changes: [AlertChange]) {
        guard !changes.isEmpty else { return }
        for change in changes { keep(.alert(change)) }
        for event in AlertEvents.grouped(changes.lazy.filter(\.isNews).map(\.alert), at: now.wall) { publish(event) }
    }
}
