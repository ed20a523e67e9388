package import Model

/// What processors see: what came in, and what processors before them made of it.
package indirect enum Observation: Sendable {
    case metrics(MetricsObservation)
    case health(HealthRecord)
    case logLine(LogLine)
    /// Without a number: made by a processor.
    case systemEvent(SystemEvent, ItemNumber?)
    case gatewayEvent(SystemEvent)
    case gap(StreamType, ItemNumber)
    case rewind(StreamType, ItemNumber)

    // Made by processors.
    case metricsAnalysis(MetricsAnalysis)
    case healthAnalysis(HealthAnalysis)
    case enrichedLog(ProcessedLog)
    /// A burst of errors in the logs began or ended.
    case errorBurst(ErrorRate.Change)
}

extension Observation {
    init(_ event: PipelineEvent) {
        switch event {
        case .metrics(let observation): self = .metrics(observation)
        case .health(let record): self = .health(record)
        case .logLine(let line): self = .logLine(line)
        case .systemEvent(let event, let number): self = .systemEvent(event, number)
        case .gatewayEvent(let event): self = .gatewayEvent(event)
        case .gap(let type, let number): self = .gap(type, number)
        case .rewind(let type, let number): self = .rewind(type, number)
        }
    }

    package var kind: ObservationKinds {
        switch self {
        case .metrics: .metrics
        case .health: .health
        case .logLine: .logLine
        case .systemEvent: .systemEvent
        case .gatewayEvent: .gatewayEvent
        case .gap: .gap
        case .rewind: .rewind
        case .metricsAnalysis: .metricsAnalysis
        case .healthAnalysis: .healthAnalysis
        case .enrichedLog: .enrichedLog
        case .errorBurst: .errorBurst
        }
    }
}

/// Which observations a processor reads.
package struct ObservationKinds: OptionSet, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let metrics = Self(rawValue: 1)
    package static let health = Self(rawValue: 1 << 1)
    package static let logLine = Self(rawValue: 1 << 2)
    package static let systemEvent = Self(rawValue: 1 << 3)
    package static let gatewayEvent = Self(rawValue: 1 << 4)
    package static let gap = Self(rawValue: 1 << 5)
    package static let rewind = Self(rawValue: 1 << 6)
    package static let metricsAnalysis = Self(rawValue: 1 << 7)
    package static let healthAnalysis = Self(rawValue: 1 << 8)
    package static let enrichedLog = Self(rawValue: 1 << 9)
    package static let errorBurst = Self(rawValue: 1 << 10)

    /// The streams of agents among them, as they come in.
    package var sources: [StreamType] {
        Self.bySource.filter { contains($0.kind) }.map(\.type)
    }

    private static let bySource: [(kind: Self, type: StreamType)] = [
        (.metrics, .metrics), (.health, .healthCheck), (.logLine, .logAggregation), (.systemEvent, .systemEvents),
        (.gatewayEvent, .gatewayEvents),
    ]
}

/// A sample of metrics and what the analytics make of it.
package struct MetricsAnalysis: Sendable {
    package var observation: MetricsObservation
    package var result: AnalyticsResult
}

/// A health check and what the analytics make of it.
package struct HealthAnalysis: Sendable {
    package var record: HealthRecord
    package var values: MetricValues
    package var risk: RiskAssessment
}
