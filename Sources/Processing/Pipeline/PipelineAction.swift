package import Model

/// What is to be done, in this order.
package enum PipelineAction: Sendable {
    case keep(KeptItem)
    /// Once everything that was to be kept before this is stored, the agent may forget the stream up to here.
    case settle(StreamPosition)
    case publish(ProcessedEvent)
    /// A processor threw an error; everything else went on. At most once a minute for a processor and an agent.
    case failed(ProcessorFailure)
}

/// What belongs into the store.
package enum KeptItem: Sendable {
    case metrics(MetricPoint)
    case health(HealthRecord)
    /// The position says how far the stream is safe once this and everything before it is stored. It never goes back,
    /// and stays behind lines that wait to be joined with others.
    case log(LogRecord, StreamPosition)
    /// Likewise; nil for events that no agent sent: they are the gateway's own.
    case event(SystemEvent, StreamPosition?)
    case alert(AlertChange)
}

package struct ProcessorFailure: Sendable, Equatable {
    package var processor: String
    package var agent: AgentID
    package var error: String
    /// Since the one that was reported before, with this one.
    package var count: Int
}
