package import Model

/// One view with at least one listener, now or within its resume window; numbered hub-wide and never used again.
package struct TopicID: Hashable, Comparable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
    package static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

/// What is rendered once and shared byte for byte by all who receive it.
package struct ViewKey: Hashable, Sendable {
    package var type: StreamType
    package var agent: AgentSelector
    package var resource: String
    /// `view` in JSON: the type and what the configuration makes of it, e.g. `metrics@5000ms;cpu,memory`.
    package var name: String
    /// Which agents a view of every agent shows: callers with different rights never share one. `.all` otherwise.
    package var scope: AgentScope

    init(_ record: SubscriptionRecord) {
        type = record.type
        agent = record.agent
        resource = record.resource
        name = record.config.viewName(for: record.type)
        scope = record.agent == .every ? record.principal.scope : .all
    }
}

extension StreamConfig {
    /// The type and the part of the configuration that changes the content of its events. Two configurations have the
    /// same name exactly if their events are the same: free text comes last.
    package func viewName(for type: StreamType) -> String {
        var name = type.rawValue
        func add(_ part: String) { name += ";" + part }
        switch type {
        case .metrics, .processedMetrics:
            name += "@\(interval)ms"
            if !filters.isEmpty { add(filters.joined(separator: ",")) }
            guard type == .processedMetrics else { break }
            if !includeTrends { add("trends=off") }
            if !alertLevels.isEmpty { add("levels=" + alertLevels.joined(separator: ",")) }
        case .alertEvents:
            // The interval is that of the samples the rules look at, so it is left out where it is the usual one.
            if interval != StreamConfig.defaults(for: type).interval { name += "@\(interval)ms" }
            if !alertLevels.isEmpty { add("levels=" + alertLevels.joined(separator: ",")) }
        case .processedLogs:
            if all { add("all") }
            if !levels.isEmpty { add("levels=" + levels.joined(separator: ",")) }
            if let query { add("query=" + query) }
        case .containerLogs:
            if let query { add("query=" + query) }
        case .deploymentStatus:
            if !includeRawOutput { add("raw=off") }
            if statusUpdatesOnly { add("changes") }
        case .shellOutput, .dockerOutput, .healthCheck, .systemEvents, .logAggregation, .gatewayEvents:
            break
        }
        if format == .legacy { add("legacy") }
        return name
    }
}

/// A view as the Hub needs it to render and filter.
package struct ViewDescription: Sendable, Equatable {
    package var topic: TopicID
    package var key: ViewKey
    /// Of its first listener; those fields that change the content are the same for all of them.
    package var config: StreamConfig
}

/// A view that is due for an event.
package struct DueView: Sendable, Equatable {
    package var topic: TopicID
    /// False: nobody listens now, but a listener may come back. The event has to be counted, and kept if its type is
    /// buffered.
    package var isWatched: Bool
}
