import Testing

@testable import AgentCore

private func metrics(_ ref: UInt32, every interval: Int) -> StreamSpec {
    StreamSpec(ref: ref, type: "metrics", resource: "", config: .metrics(interval: interval, parts: []))
}

@Suite("DesiredStateApplier")
struct DesiredStateApplierTests {
    @Test("what is missing starts, what changed is updated, what is not listed stops")
    func difference() {
        var applier = DesiredStateApplier()
        #expect(
            applier.apply(generation: 1, desired: [metrics(1, every: 5000), metrics(2, every: 5000)])
                == [.start(metrics(1, every: 5000)), .start(metrics(2, every: 5000))])
        #expect(
            applier.apply(generation: 2, desired: [metrics(2, every: 1000), metrics(3, every: 5000)])
                == [.stop(ref: 1), .update(metrics(2, every: 1000)), .start(metrics(3, every: 5000))])
        #expect(applier.generation == 2 && Set(applier.running.keys) == [2, 3])
    }

    @Test("the same set again changes nothing; an older one is ignored")
    func generations() {
        var applier = DesiredStateApplier()
        _ = applier.apply(generation: 5, desired: [metrics(1, every: 5000)])
        #expect(applier.apply(generation: 5, desired: [metrics(1, every: 5000)]) == [])
        #expect(applier.apply(generation: 4, desired: []) == nil)
        #expect(applier.generation == 5 && applier.running.count == 1)
    }

    @Test("a ref that now means another stream is stopped and started")
    func reusedRef() {
        var applier = DesiredStateApplier()
        let logs = StreamSpec(
            ref: 1, type: "container_logs", resource: "web", config: .logs(interval: nil, tail: 10, after: nil))
        _ = applier.apply(generation: 1, desired: [metrics(1, every: 5000)])
        #expect(applier.apply(generation: 2, desired: [logs]) == [.stop(ref: 1), .start(logs)])
    }

    @Test("a rejected stream is reported until the next set, which tries it again")
    func rejection() {
        var applier = DesiredStateApplier()
        _ = applier.apply(generation: 1, desired: [metrics(1, every: 5000)])
        applier.reject(ref: 1, StreamRejection(code: .unsupported, message: "no"))
        #expect(applier.running.isEmpty && applier.rejected[1]?.code == .unsupported)
        #expect(applier.apply(generation: 2, desired: [metrics(1, every: 5000)]) == [.start(metrics(1, every: 5000))])
        #expect(applier.rejected.isEmpty)
    }

    @Test("a new connection begins with nothing and takes any generation")
    func reset() {
        var applier = DesiredStateApplier()
        _ = applier.apply(generation: 900, desired: [metrics(1, every: 5000)])
        #expect(applier.reset() == [1])
        #expect(applier.apply(generation: 1, desired: [metrics(1, every: 5000)]) == [.start(metrics(1, every: 5000))])
    }

    @Test("whatever sets arrive in whatever order, the newest one is what runs")
    func convergence() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var applier = DesiredStateApplier()
            var running: [UInt32: StreamSpec] = [:]
            var newest: (generation: UInt64, set: [StreamSpec]) = (0, [])
            for _ in 0..<30 {
                let generation = UInt64.random(in: 1...40, using: &random)
                if generation == newest.generation { continue }
                let set = (1...6 as ClosedRange<UInt32>).filter { _ in Bool.random(using: &random) }
                    .map { metrics($0, every: [100, 1000].randomElement(using: &random)!) }
                guard let actions = applier.apply(generation: generation, desired: set) else {
                    #expect(generation < newest.generation)
                    continue
                }
                newest = (generation, set)
                for action in actions {
                    switch action {
                    case .stop(let ref): #expect(running.removeValue(forKey: ref) != nil)
                    case .start(let spec): #expect(running.updateValue(spec, forKey: spec.ref) == nil)
                    case .update(let spec): #expect(running.updateValue(spec, forKey: spec.ref) != nil)
                    }
                }
                #expect(Set(running.keys) == Set(set.map(\.ref)), "seed \(seed)")
                #expect(set.allSatisfy { running[$0.ref] == $0 }, "seed \(seed)")
            }
        }
    }
}
