import Model
import Testing

@testable import AgentCore

@Suite("Backoff")
struct BackoffTests {
    @Test("a delay is anything up to a ceiling that doubles from 0.5 s to 30 s")
    func ceilings() {
        let ceilings = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
        var longest = Array(repeating: 0, count: ceilings.count)
        var shortest = Array(repeating: Int.max, count: ceilings.count)
        for seed in 0..<400 as Range<UInt64> {
            var backoff = Backoff(generator: SeededGenerator(seed: seed))
            for step in ceilings.indices {
                let delay = backoff.next()
                longest[step] = max(longest[step], delay)
                shortest[step] = min(shortest[step], delay)
            }
        }
        for (step, ceiling) in ceilings.enumerated() {
            #expect(longest[step] <= ceiling && longest[step] > ceiling * 9 / 10)
            #expect(shortest[step] < ceiling / 10)
        }
    }

    @Test("what the gateway asked for is the least, and has jitter on top")
    func retryAfter() {
        var delays: Set<Int> = []
        for seed in 0..<50 as Range<UInt64> {
            var backoff = Backoff(generator: SeededGenerator(seed: seed))
            let delay = backoff.next(retryAfter: 7000)
            #expect((7000...7500).contains(delay))
            delays.insert(delay)
        }
        #expect(delays.count > 30)
    }

    @Test("nobody is sent away for longer than an hour")
    func absurdRetryAfter() {
        var backoff = Backoff(generator: SeededGenerator(seed: 1))
        #expect(backoff.next(retryAfter: 4_000_000_000) <= 3_600_500)
    }

    @Test("after a reset it starts from 0.5 s")
    func reset() {
        var backoff = Backoff(generator: SeededGenerator(seed: 2))
        for _ in 0..<10 { _ = backoff.next() }
        backoff.reset()
        #expect(backoff.next() <= 500)
    }
}
