import Model
import Wire

/// The stream `health_check`: the few figures that the gateway's rules look at, all the time.
final class HealthCheckRunner: StreamRunner {
    static let defaultInterval: Milliseconds = 30_000

    private struct Wanted {
        var interval: Milliseconds
        var metrics: Bool
        var services: Bool
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

    /// The sample tells what the last looks at units, services and containers found; the first ones are followed by a
    /// sample of their own.
    private func take() {
        send()
        guard wanted.services else { return }
        // weak: the stream may have ended by then.
        context.host.failedUnits.refresh { [weak self] in self?.send() }
        context.host.services.refresh { [weak self] in self?.send() }
        if let containers = context.host.containers, containers.isWatched {
            containers.unhealthy.refresh { [weak self] in self?.send() }
        }
    }

    private func send() {
        context.output.sendSample { arena in
            var sample = context.host.health.sample()
            if wanted.services {
                sample.failedUnits = context.host.failedUnits.units
                sample.unhealthyContainers = context.host.containers?.unhealthy.names
                sample.services = context.host.services.states
                if let reason = context.host.failedUnits.unavailable {
                    sample.services.append(ServiceState(name: "systemd", state: "unavailable", detail: reason))
                }
            }
            return .healthCheck(sample.message(metrics: wanted.metrics, in: arena))
        }
    }

    private static func wanted(_ configuration: StreamConfiguration) throws(StreamRejection) -> Wanted {
        switch configuration {
        case .none: return Wanted(interval: defaultInterval, metrics: true, services: true)
        case .healthCheck(let interval, let metrics, let services):
            return Wanted(interval: interval ?? defaultInterval, metrics: metrics, services: services)
        default: throw StreamRejection(code: .failed, message: "the configuration is not one for health_check")
        }
    }
}
