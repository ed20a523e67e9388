/// How busy the processors were, between two readings of `/proc/stat`.
///
/// **What the first sample shows.** A CPU figure is never missing: it covers the time since the reading before it,
/// however long ago that was, and since boot when there was none (what `iostat` and `mpstat` do). `HostReadings` keeps
/// the latest reading that anybody made, so while health checks run, the first sample of a metrics stream covers half a
/// minute at most.
///
/// Percentages are of the time that passed, on all cores together (or on one), 0 to 100. `usage` is all but idle and
/// waiting for I/O; `user` includes nice and guests; `system` includes interrupts; what the hypervisor gave to others
/// (steal) is in `usage` only, so `user + system + idle + iowait` falls short of 100 by that.
package final class CPUCollector {
    private let host: HostReadings
    private let file: HostFile
    private let temperature: TemperatureSensor
    /// All zeros until the first reading, which makes that one cover the time since boot.
    private var previous = CPUReading()
    private var previousAt: UInt64?
    private var current = CPUReading()
    private var sample: CPUSample?

    package init(host: HostReadings) {
        self.host = host
        file = HostFile(host.root.path("/proc/stat"))
        temperature = TemperatureSensor(host: host)
    }

    /// The usage since the sample before, or since somebody else's reading if that one is older than `staleAfter`.
    /// nil when `/proc/stat` cannot be read. Times are nanoseconds of the monotonic clock.
    package func sample(at now: UInt64, staleAfter: UInt64) -> CPUSample? {
        guard var contents = file.read(into: host.buffer), current.parse(&contents) else { return nil }
        let baseline = baseline(at: now, staleAfter: staleAfter)
        let passed = current.all.since(baseline.all)
        if passed.total >= Self.fewestTicks || sample == nil {
            sample = makeSample(passed, since: baseline)
            keepCurrent(at: now)
        }
        sample?.temperatureCelsius = temperature.read()
        return sample
    }

    /// When less CPU time than this (in ticks of 10 ms) has passed, a sample repeats the one before: it would be noise.
    private static let fewestTicks = 4.0

    /// Somebody else's reading is of no use when it was made just now.
    private static let shortestSharedWindow: UInt64 = 100_000_000

    private func baseline(at now: UInt64, staleAfter: UInt64) -> CPUReading {
        if let previousAt, now &- previousAt <= staleAfter { return previous }
        if let latest = host.latestCPU, latest.at > previousAt ?? 0, now &- latest.at >= Self.shortestSharedWindow {
            return latest.reading
        }
        return previous
    }

    private func keepCurrent(at now: UInt64) {
        swap(&current, &previous)
        previousAt = now
        host.latestCPU = (at: now, reading: previous)
    }

    private func makeSample(_ passed: CPUTimes, since baseline: CPUReading) -> CPUSample {
        var result = CPUSample()
        let total = passed.total
        result.usagePercent = percent(passed.busy, of: total)
        result.userPercent = percent(Double(passed.user) + Double(passed.nice), of: total)
        result.systemPercent = percent(
            Double(passed.system) + Double(passed.irq) + Double(passed.softirq), of: total)
        result.idlePercent = percent(Double(passed.idle), of: total)
        result.iowaitPercent = percent(Double(passed.iowait), of: total)
        result.coreUsage = current.cores.enumerated().map { index, core in
            coreUsage(core.times, since: baseline.times(ofCore: core.number, near: index))
        }
        return result
    }

    /// A core that was off line has no time between the readings: then it is its usage since boot.
    private func coreUsage(_ times: CPUTimes, since earlier: CPUTimes) -> Double {
        let passed = times.since(earlier)
        return percent(passed.busy, of: passed.total) ?? percent(times.busy, of: times.total) ?? 0
    }
}
