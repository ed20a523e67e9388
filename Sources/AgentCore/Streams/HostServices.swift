/// The collectors of the host, shared by all streams (they keep the counters that rates are made from), and what they
/// have to know of the agent. Loop's thread only.
final class HostServices {
    let metrics: MetricsCollector
    let health: HealthCollector
    /// The commands that run for tasks at this moment.
    let taskRoots: () -> [TaskRoot]

    init(host: HostReadings, taskRoots: @escaping () -> [TaskRoot]) {
        metrics = MetricsCollector(host: host)
        health = HealthCollector(host: host)
        self.taskRoots = taskRoots
    }
}
