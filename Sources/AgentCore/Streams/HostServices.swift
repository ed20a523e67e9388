import Reactor

/// The collectors of the host, shared by all streams (they keep the counters that rates are made from), and what they
/// have to know of the agent. Loop's thread only.
final class HostServices {
    let metrics: MetricsCollector
    let health: HealthCollector
    let failedUnits: FailedUnits
    let services: ReachableServices
    /// The commands that run for tasks at this moment.
    let taskRoots: () -> [TaskRoot]
    let events: SystemEventSource
    /// Nil without `--log-path`, `--journal` and `--container-log`.
    let logs: LogSource?
    /// Nil with `--docker-host none`.
    let containers: ContainerServices?

    init(
        loop: EventLoop, host: HostReadings, events: SystemEventSource, logs: LogSource?,
        containers: ContainerServices?, watched: [WatchedService], taskRoots: @escaping () -> [TaskRoot]
    ) {
        metrics = MetricsCollector(host: host)
        health = HealthCollector(host: host)
        failedUnits = FailedUnits(loop: loop, host: host)
        services = ReachableServices(loop: loop, services: watched)
        self.events = events
        self.logs = logs
        self.containers = containers
        self.taskRoots = taskRoots
        failedUnits.onFailure = { [unowned events] in events.unitFailed($0) }  // unowned: the agent owns both
    }
}
