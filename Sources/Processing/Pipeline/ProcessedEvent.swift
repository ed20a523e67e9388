package import Model

/// An event of a stream that is made here. It is rendered once for each view that wants it.
package struct ProcessedEvent: Sendable {
    package var type: StreamType
    /// `every`: it is about the fleet, and goes to those who read every agent.
    package var agent: AgentSelector
    package var resource: String
    /// `event:` of the SSE stream.
    package var name: String
    package var time: WallTime
    package var payload: any ProcessedPayload

    package init(
        type: StreamType, agent: AgentSelector, resource: String = "", name: String? = nil, time: WallTime,
        payload: some ProcessedPayload
    ) {
        self.type = type
        self.agent = agent
        self.resource = resource
        self.name = name ?? type.rawValue
        self.time = time
        self.payload = payload
    }

    /// - Parameters:
    ///   - now: for the time that processing took.
    ///   - isSnapshot: whether this is what a new subscriber gets first.
    /// - Returns: nil: a view with this configuration does not get it.
    package func render(
        for config: StreamConfig, now: MonotonicTime, isSnapshot: Bool = false
    ) -> RenderedEvent? {
        payload.render(for: config, RenderingFacts(now: now, isSnapshot: isSnapshot))
    }
}

/// `data` and `metadata` of an event's envelope, as JSON objects.
package struct RenderedEvent: Sendable, Equatable {
    package var data: [UInt8]
    package var metadata: [UInt8]

    package init(data: [UInt8], metadata: [UInt8]) {
        self.data = data
        self.metadata = metadata
    }
}

package struct RenderingFacts: Sendable {
    package var now: MonotonicTime
    package var isSnapshot: Bool
}

/// What an event carries.
package protocol ProcessedPayload: Sendable {
    /// Nil: a view with this configuration does not get it.
    func render(for config: StreamConfig, _ facts: RenderingFacts) -> RenderedEvent?
}
