package import Model

/// The part of a configuration that an agent is told.
package struct DesiredConfig: Hashable, Sendable {
    /// 0 for types that have none.
    package var interval: Milliseconds
    /// Sorted; empty means all.
    package var filters: [String]
    /// Lines of history when the stream starts. container_logs only.
    package var tail: Int

    package init(interval: Milliseconds, filters: [String] = [], tail: Int = 0) {
        self.interval = interval
        self.filters = filters
        self.tail = tail
    }

    /// How often gathered log lines are sent when somebody watches them.
    package static let watchedLogInterval: Milliseconds = 250

    /// What a lease with `config` on a stream of `type` asks for.
    package init(_ config: StreamConfig, for type: StreamType) {
        switch type {
        case .containerLogs: self.init(interval: Self.watchedLogInterval, tail: config.tail)
        case .metrics, .processedMetrics: self.init(interval: config.interval, filters: config.filters)
        case .healthCheck, .logAggregation, .alertEvents: self.init(interval: config.interval)
        default: self.init(interval: 0)
        }
    }

    /// What a listener with `config` of a stream made from `source` asks of the source: all parts, since the processors
    /// look at all of them.
    package init(derivedFrom source: StreamType, _ config: StreamConfig) {
        self.init(interval: source == .logAggregation ? Self.watchedLogInterval : config.interval)
    }

    /// The smallest configuration that serves all: the smallest interval and the union of the filters. `tail` is not
    /// merged: history comes once, when the stream starts.
    static func aggregate(_ all: some Collection<DesiredConfig>, tail: Int) -> DesiredConfig {
        var filters: Set<String> = []
        var wantsAll = false
        var interval = Milliseconds.max
        for config in all {
            interval = min(interval, config.interval)
            wantsAll = wantsAll || config.filters.isEmpty
            filters.formUnion(config.filters)
        }
        return DesiredConfig(interval: interval, filters: wantsAll ? [] : filters.sorted(), tail: tail)
    }
}

/// One stream that an agent should run.
package struct DesiredStream: Hashable, Sendable {
    /// Short name in the protocol; the same as long as the stream runs, never used again for another one on this agent
    /// in this life of the gateway.
    package var ref: UInt32
    package var key: StreamKey
    package var config: DesiredConfig

    package init(ref: UInt32, key: StreamKey, config: DesiredConfig) {
        self.ref = ref
        self.key = key
        self.config = config
    }
}

/// Everything that an agent should run, ordered by `ref`.
package struct DesiredState: Hashable, Sendable {
    /// Per agent; only rises in a life of the gateway.
    package var generation: UInt64
    package var streams: [DesiredStream]

    package init(generation: UInt64, streams: [DesiredStream]) {
        self.generation = generation
        self.streams = streams
    }
}

/// A stream that an agent will not or cannot run.
package struct RejectedStream: Hashable, Sendable {
    package var ref: UInt32
    package var code: String
    package var message: String

    package init(ref: UInt32, code: String, message: String) {
        self.ref = ref
        self.code = code
        self.message = message
    }
}

extension StreamType {
    /// Whether an agent is asked to run it. The others are tasks, or made in the gateway.
    var runsOnAgent: Bool {
        let info = self.info
        return info.autoStart && info.derivedFrom == nil && info.category != .internal
    }
}
