/// What a subscriber or a server demand asks of a stream, complete: defaults are filled in by whoever reads the
/// request. Fields that a type does not use stay at their defaults.
package struct StreamConfig: Hashable, Sendable {
    /// 100 ms to 1 h. Periodic streams only.
    package var interval: Milliseconds = 5_000
    /// Parts of the payload (`cpu`, `memory.usage_percent`); sorted, without repetitions; empty means all.
    package var filters: [String] = []
    /// Events kept for a client that is slow, 1 to 10 000.
    package var bufferSize = 100
    /// The last known value first.
    package var snapshot = false
    package var includeTrends = true
    /// Subset of info, warning, critical; empty means all.
    package var alertLevels: [String] = []
    package var includeRawOutput = true
    package var statusUpdatesOnly = false
    package var levels: [String] = []
    package var query: String?
    /// Milliseconds of history before the subscription. Logs only.
    package var since: Milliseconds?
    package var all = false
    /// Lines of history. container_logs only.
    package var tail = 100
    package var waitForAgent = false
    /// How events are written. The route says it, not the caller.
    package var format = EventFormat.current

    package static let intervalRange: ClosedRange<Milliseconds> = 100...3_600_000
    package static let bufferSizeRange = 1...10_000

    package init() {}

    /// Whether nobody but its connection knows of the subscription: it was made for it, and goes with it.
    package var isForOneConnection: Bool { format == .legacy }

    package static func defaults(for type: StreamType) -> StreamConfig {
        var config = StreamConfig()
        config.snapshot = type == .metrics || type == .processedMetrics
        if type == .healthCheck { config.interval = 30_000 }
        // So that lines are found, and rules see them, soon after they are written.
        if type == .logAggregation { config.interval = 1_000 }
        return config
    }
}

package enum EventFormat: Hashable, Sendable {
    case current
    /// That of the API before subscriptions: the payload alone, and nothing about the stream itself.
    case legacy
}
