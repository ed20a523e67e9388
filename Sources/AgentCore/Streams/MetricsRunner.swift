import Model
import Wire

/// The stream `metrics`: a sample of the wanted parts in every interval.
final class MetricsRunner: StreamRunner {
    static let defaultInterval: Milliseconds = 5000

    private let context: StreamContext
    private var parts: MetricsParts
    private var sampler: PeriodicSampler?

    init(_ spec: StreamSpec, _ context: StreamContext) throws(StreamRejection) {
        self.context = context
        let wanted = try Self.wanted(spec.config)
        parts = wanted.parts
        sampler = try PeriodicSampler(loop: context.loop, interval: wanted.interval) { [unowned self] in
            take()  // unowned: the sampler ends with this object
        }
    }

    func update(_ configuration: StreamConfiguration) throws(StreamRejection) {
        let wanted = try Self.wanted(configuration)
        try sampler?.update(interval: wanted.interval)
        parts = wanted.parts
    }

    private func take() {
        let interval = sampler?.interval ?? Self.defaultInterval
        let staleAfter = max(MetricsCollector.shortestStaleAfter, 2 * UInt64(interval) * 1_000_000)
        context.output.sendSample { arena in
            let roots = parts.contains(.processes) ? context.host.taskRoots() : []
            let sample = context.host.metrics.sample(parts: parts, tasks: roots, staleAfter: staleAfter)
            return .metrics(sample.message(in: arena))
        }
    }

    private static func wanted(
        _ configuration: StreamConfiguration
    ) throws(StreamRejection) -> (interval: Milliseconds, parts: MetricsParts) {
        switch configuration {
        case .none: return (defaultInterval, .all)
        case .metrics(let interval, let names):
            return (interval ?? defaultInterval, MetricsParts(filters: names))
        default: throw StreamRejection(code: .failed, message: "the configuration is not one for metrics")
        }
    }
}
