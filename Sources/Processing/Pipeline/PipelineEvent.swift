package import Model

/// What comes in for one agent. Events of one agent are given in the order in which they came.
package enum PipelineEvent: Sendable {
    case metrics(MetricsObservation)
    case health(HealthRecord)
    case logLine(LogLine)
    case systemEvent(SystemEvent, ItemNumber)
    /// Something that happened in the gateway about the agent: `agent_connected`, `agent_lost`, `duplicate_agent`...
    case gatewayEvent(SystemEvent)
    /// Items of a reliable stream, up to and with this one, that the agent had to drop: they will never come.
    case gap(StreamType, ItemNumber)
    /// What came of a reliable stream behind this number could not be kept, and the agent was asked to send it again.
    case rewind(StreamType, ItemNumber)
}

/// The place of an item in a reliable stream: see RELIABLE STREAMS in `sluice.proto`.
package struct ItemNumber: Hashable, Sendable {
    /// Which count `seq` belongs to.
    package var origin: UInt64
    /// From 1.
    package var seq: UInt64

    package init(origin: UInt64, seq: UInt64) {
        self.origin = origin
        self.seq = seq
    }
}

/// One sample of the stream `metrics`.
package struct MetricsObservation: Sendable {
    package var sample: MetricSample
    /// When the gateway received it; `processing_time_ms` counts from here.
    package var receivedAt: MonotonicTime
    /// All of MetricsData as a JSON object. Needed only where somebody reads `processed_metrics`
    /// (`ProcessingEngine.isRead`): without it there is no such event of this sample.
    package var raw: [UInt8]?

    package init(_ sample: MetricSample, receivedAt: MonotonicTime, raw: [UInt8]? = nil) {
        self.sample = sample
        self.receivedAt = receivedAt
        self.raw = raw
    }
}

/// One line of the stream `log_aggregation`.
package struct LogLine: Sendable {
    package var entry: LogEntry
    /// Path of the file, or `journal`. Lines of one source follow each other.
    package var source: [UInt8]
    package var number: ItemNumber

    package init(_ entry: LogEntry, source: [UInt8], number: ItemNumber) {
        self.entry = entry
        self.source = source
        self.number = number
    }
}
