// The workloads under a stopwatch: how long they take here and now, and how that is spread. What must not grow is
// checked by Benchmarks/check, and here too where it can be: allocations and system calls.
import Benchmark
import CMeter
import Workloads

/// Both for one unit of the workload, in thousandths, since ordo-one's metrics are whole numbers.
let allocations = BenchmarkMetric.custom("Allocations (thousandths)", polarity: .prefersSmaller, useScalingFactor: false)
let systemCalls = BenchmarkMetric.custom("System calls (thousandths)", polarity: .prefersSmaller, useScalingFactor: false)

let benchmarks: @Sendable () -> Void = {
    for kind in Workload.all {
        let configuration = Benchmark.Configuration(
            metrics: [.wallClock, .throughput, allocations, systemCalls], warmupIterations: 3,
            maxDuration: .seconds(1), maxIterations: 1_000)
        Benchmark(kind.name, configuration: configuration) { benchmark in
            measure(kind, in: benchmark)
        }
    }
}

/// One iteration is as many runs as it takes for the stopwatch to be exact.
private func measure(_ kind: Workload.Kind, in benchmark: Benchmark) {
    let workload = kind.prepare()
    for _ in 0..<3 {
        workload.run()
        workload.rest()
    }
    benchmark.startMeasurement()
    let before = cm_read()
    for _ in 0..<kind.countedRuns { workload.run() }
    let after = cm_read()
    benchmark.stopMeasurement()
    let units = UInt64(kind.countedRuns * kind.unitsPerRun)
    benchmark.measurement(allocations, Int((after.allocations - before.allocations) * 1_000 / units))
    benchmark.measurement(systemCalls, Int((after.system_calls - before.system_calls) * 1_000 / units))
}
