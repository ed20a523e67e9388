import Model
import Wire

/// The stream `health_check`: the few figures that the gateway's rules look at, all the time.
final class HealthCheckRunner: StreamRunner {
    static let defaultInterval: Milliseconds = 30_000

    private struct Wanted {
        var interval: Milliseconds
        var metrics: Bool
    }

    private let context: StreamContext
    private var wanted: Wanted
    private var sampler: PeriodicSampler?

    init(_ spec: StreamSpec, _ context: StreamContext) throws(StreamRejection) {
        self.context = context
        wanted = try Self.wanted(spec.config)
        sampler = try PeriodicSampler(loop: context.loop, interval: wanted.interval) { [unowned self] in
            take()  // unowned: the sampler ends with this object
        }
    }

    func update(_ configuration: StreamConfiguration) throws(StreamRejection) {
        let wanted = try Self.wanted(configuration)
        try sampler?.update(interval: wanted.interval)
        self.wanted = wanted
    }

    private func take() {
        context.output.sendSample { arena in
            .healthCheck(context.host.health.sample().message(metrics: wanted.metrics, in: arena))
        }
    }

    private static func wanted(_ configuration: StreamConfiguration) throws(StreamRejection) -> Wanted {
        switch configuration {
        case .none: return Wanted(interval: defaultInterval, metrics: true)
        case .healthCheck(let interval, let metrics, _):
            return Wanted(interval: interval ?? defaultInterval, metrics: metrics)
        default: throw StreamRejection(code: .failed, message: "the configuration is not one for health_check")
        }
    }
}
