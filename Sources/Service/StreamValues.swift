package import Model

/// One stream that runs, and why: a row of `GET /admin/streams`.
package struct StreamView: Sendable, Equatable {
    package struct Lease: Sendable, Equatable {
        package var id: LeaseID
        /// Of which the part that an agent is told is shown: interval, filters and tail.
        package var config: StreamConfig

        package init(id: LeaseID, config: StreamConfig) {
            self.id = id
            self.config = config
        }
    }

    /// Names the row; a server demand is deleted by the id of its lease.
    package var id: String
    package var key: StreamKey
    package var generation: UInt64
    package var activeSince: WallTime
    /// `active`, `waiting_for_agent`...
    package var state: String
    /// What the agent was told: the leases' configurations taken together.
    package var config: StreamConfig
    package var leases: [Lease]
    /// How many there are, where not all are listed.
    package var leaseCount: Int
    package var eventsIn: UInt64
    package var eventsOut: UInt64
    /// In, over the last ten seconds.
    package var eventsPerSecond: Double
    /// What processes it on the gateway, if anything does.
    package var processor: String?

    package init(
        id: String, key: StreamKey, generation: UInt64, activeSince: WallTime, state: String, config: StreamConfig,
        leases: [Lease], leaseCount: Int, eventsIn: UInt64 = 0, eventsOut: UInt64 = 0, eventsPerSecond: Double = 0,
        processor: String? = nil
    ) {
        self.id = id
        self.key = key
        self.generation = generation
        self.activeSince = activeSince
        self.state = state
        self.config = config
        self.leases = leases
        self.leaseCount = leaseCount
        self.eventsIn = eventsIn
        self.eventsOut = eventsOut
        self.eventsPerSecond = eventsPerSecond
        self.processor = processor
    }
}

/// What `POST /admin/streams/server` asks for: a stream of the whole agent that the gateway processes.
package struct ServerStreamRequest: Sendable, Equatable {
    package var type: StreamType
    package var agent: AgentID
    package var config: StreamConfig

    package init(type: StreamType, agent: AgentID, config: StreamConfig) {
        self.type = type
        self.agent = agent
        self.config = config
    }
}

/// A demand of the gateway itself.
package struct ServerStreamView: Sendable, Equatable {
    package var id: ServerStreamID
    package var request: ServerStreamRequest
    /// False when it was there already and was changed.
    package var isNew: Bool
    /// The stream runs; otherwise it waits for its agent.
    package var isActive: Bool
    package var processor: String?
    package var startedAt: WallTime

    package init(
        id: ServerStreamID, request: ServerStreamRequest, isNew: Bool, isActive: Bool, processor: String?,
        startedAt: WallTime
    ) {
        self.id = id
        self.request = request
        self.isNew = isNew
        self.isActive = isActive
        self.processor = processor
        self.startedAt = startedAt
    }
}
