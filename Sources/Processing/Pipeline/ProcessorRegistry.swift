package import Model

/// The processors, in the order in which they see an observation. What one makes is seen by those behind it.
package struct ProcessorRegistry: Sendable {
    package let types: [any StreamProcessor.Type]

    package init(_ types: [any StreamProcessor.Type]) { self.types = types }

    /// Enrich and predict, then rules, then publish.
    package static let standard = ProcessorRegistry([
        MetricsProcessor.self,
        HealthCheckProcessor.self,
        LogAggregationProcessor.self,
        SystemEventProcessor.self,
        GatewayEventProcessor.self,
        AlertProcessor.self,
        ProcessedMetricsRelay.self,
        ProcessedLogsRelay.self,
    ])

    /// The same, with others between those that enrich and those that keep events and look for alerts.
    package func adding(_ more: [any StreamProcessor.Type]) -> ProcessorRegistry {
        let place = types.firstIndex { $0.info.name == SystemEventProcessor.info.name } ?? types.count
        return ProcessorRegistry(Array(types[..<place]) + more + types[place...])
    }

    /// The processor that a stream feeds; for a stream that is made here, the one that makes it. Nil: none.
    package func processor(of type: StreamType) -> ProcessorInfo? {
        types.lazy.map { $0.info }.first { $0.reads.sources.contains(type) || $0.emits.contains(type) }
    }
}
