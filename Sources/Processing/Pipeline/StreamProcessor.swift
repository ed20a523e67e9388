package import Model

/// Makes something of one agent's streams. There is one of each for each agent, made when there is the first observation
/// that it reads; it is a value owned by one thread, and has no clock, no lock and no I/O of its own.
///
/// To add one: a file with a type that conforms, and a row in `ProcessorRegistry.standard`.
package protocol StreamProcessor: Sendable {
    static var info: ProcessorInfo { get }

    init(agent: AgentID)

    /// Called for each observation of a kind in `info.reads`. An error is counted and reported, and stops nothing: other
    /// processors see the observation, and this one sees the next.
    mutating func process(_ observation: Observation, _ context: inout ProcessingContext) throws

    /// About once a second, whether or not anything came.
    mutating func tick(_ context: inout ProcessingContext) throws

    /// A stream that it reads begins on the agent, or goes on with another configuration.
    mutating func streamStarted(_ stream: StreamKey, _ config: StreamConfig, _ context: inout ProcessingContext) throws

    mutating func streamStopped(_ stream: StreamKey, _ context: inout ProcessingContext) throws
}

extension StreamProcessor {
    package mutating func tick(_ context: inout ProcessingContext) throws {}
    package mutating func streamStarted(
        _ stream: StreamKey, _ config: StreamConfig, _ context: inout ProcessingContext
    ) throws {}
    package mutating func streamStopped(_ stream: StreamKey, _ context: inout ProcessingContext) throws {}
}

/// What a processor is, for those who run it and for `GET /admin/streams`.
package struct ProcessorInfo: Sendable {
    package var name: String
    package var reads: ObservationKinds
    /// Streams that clients can subscribe to.
    package var emits: [StreamType]
    /// What it asks of its source. Other readers may ask for more, never for less.
    package var requiredConfig: StreamConfig?
    package var whenBehind: BacklogPolicy

    package init(
        name: String, reads: ObservationKinds, emits: [StreamType] = [], requiredConfig: StreamConfig? = nil,
        whenBehind: BacklogPolicy
    ) {
        self.name = name
        self.reads = reads
        self.emits = emits
        self.requiredConfig = requiredConfig
        self.whenBehind = whenBehind
    }
}

/// What becomes of a source whose processor does not keep up.
package enum BacklogPolicy: Sendable {
    /// It is not read on: the agent keeps what it has not been told to be safe.
    case sourceWaits
    /// Of what waits for the same agent, the newest replaces the others.
    case newestCounts
}
