// The workloads under a stopwatch: how long one unit of each takes here and now, and how that is spread. Times are for
// people; what must not grow is checked by Benchmarks/check.
import Benchmark
import CMeter
import Workloads

let time = BenchmarkMetric.custom("Time of one unit (ns)", polarity: .prefersSmaller, useScalingFactor: false)
/// The next two are for a thousand units, since ordo-one's metrics are whole numbers.
let allocations = BenchmarkMetric.custom("Allocations (of 1000)", polarity: .prefersSmaller, useScalingFactor: false)
let systemCalls = BenchmarkMetric.custom("System calls (of 1000)", polarity: .prefersSmaller, useScalingFactor: false)

let benchmarks: @Sendable () -> Void = {
    for kind in Workload.all {
        let configuration = Benchmark.Configuration(
            metrics: [time, allocations, systemCalls], warmupIterations: 3, maxDuration: .seconds(1),
            maxIterations: 1_000)
        Benchmark(kind.name, configuration: configuration) { benchmark, workload in
            measure(workload, kind, in: benchmark)
        } setup: {
            kind.prepare()
        }
    }
}

/// One sample: several runs, so that the clock is fine enough.
private func measure(_ workload: Workload, _ kind: Workload.Kind, in benchmark: Benchmark) {
    let clock = ContinuousClock()
    let before = cm_read()
    let began = clock.now
    for _ in 0..<kind.countedRuns { workload.run() }
    let span = clock.now - began
    let after = cm_read()
    workload.rest()
    let units = kind.countedRuns * kind.unitsPerRun
    benchmark.measurement(time, Int(span / .nanoseconds(1)) / units)
    benchmark.measurement(allocations, Int(after.allocations - before.allocations) * 1_000 / units)
    benchmark.measurement(systemCalls, Int(after.system_calls - before.system_calls) * 1_000 / units)
}
