import Glibc

/// Samples the host for the stream `metrics`.
///
/// One for the life of the agent, on its loop: it keeps the counters of the sample before, from which rates are made.
/// A sample is available at once, also the first:
/// - CPU figures are always there; see `CPUCollector` and `ProcessCollector` for what those of a first sample cover.
/// - Rates of disks and interfaces are nil when there is no earlier sample of that part or it is stale, never 0.
/// - Two samples within 40 ms share their rates.
package final class MetricsCollector {
    private let cpu: CPUCollector
    private let memory: MemoryCollector
    private let disks: DiskCollector
    private let network: NetworkCollector
    private let processes: ProcessCollector
    private let load: LoadCollector

    package init(host: HostReadings) {
        cpu = CPUCollector(host: host)
        memory = MemoryCollector(host: host)
        disks = DiskCollector(host: host)
        network = NetworkCollector(host: host)
        processes = ProcessCollector(host: host)
        load = LoadCollector(host: host)
    }

    /// Reads the wanted parts now. `tasks` are those whose processes are to be reported. An earlier sample that is older
    /// than `staleAfter` nanoseconds belongs to another stream: no rates are made from it; pass twice the stream's
    /// interval, if that is more than the default.
    package func sample(
        parts: MetricsParts, tasks: [TaskRoot] = [], staleAfter: UInt64 = MetricsCollector.shortestStaleAfter
    ) -> MetricsSample {
        let now = monotonicNanoseconds()
        var sample = MetricsSample(timestamp: Int64(time(nil)))
        if parts.contains(.cpu) { sample.cpu = cpu.sample(at: now, staleAfter: staleAfter) }
        if parts.contains(.memory) { sample.memory = memory.sample() }
        if parts.contains(.disks) { sample.disks = disks.sample(at: now, staleAfter: staleAfter) }
        if parts.contains(.network) { sample.networkInterfaces = network.sample(at: now, staleAfter: staleAfter) }
        if parts.contains(.processes) {
            sample.processes = processes.sample(tasks: tasks, at: now, sinceBoot: nanosecondsSinceBoot())
        }
        if parts.contains(.load) { sample.load = load.sample() }
        return sample
    }

    /// 10 s.
    package static let shortestStaleAfter: UInt64 = 10_000_000_000
}
