import Model
import Testing

@testable import Processing

/// Random lines of several sources, in batches, with traces, gaps, resent lines and waits between, against a model that
/// knows each line by its number.
@Suite("Pipeline: positions of logs")
struct LogPositionTests {
    @Test(
        "every line is kept exactly once; no position is ahead of what is kept, nor behind it",
        arguments: (0..<40).map { _ in seed() })
    func positions(seed: UInt64) {
        var random = SeededGenerator(seed)
        var run = Run()
        for _ in 0..<200 { run.step(&random) }
        run.finish()
        #expect(run.problems.isEmpty, "seed \(seed): \(run.problems.prefix(3))")
        #expect(run.count > 100)
    }

    private struct Run {
        let pipe = Pipe(rules: [])
        var seconds = 0.0
        /// Numbers of the lines that came, and of those that will never come.
        var sent: Set<UInt64> = []
        var lost: Set<UInt64> = []
        var kept: Set<UInt64> = []
        var next: UInt64 = 1
        var position: UInt64 = 0
        var problems: [String] = []

        var count: Int { kept.count }

        mutating func step(_ random: inout SeededGenerator) {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: wait(Double.random(in: 0...2, using: &random))
            case 1:
                let end = next + UInt64.random(in: 0..<5, using: &random)
                lost.formUnion(next...end)
                next = end + 1
                pipe.feed(.gap(.logAggregation, ItemNumber(origin: 7, seq: end)), seconds)
            case 2 where next > 1:
                let first = UInt64.random(in: max(1, next - min(next - 1, 5))..<next, using: &random)
                send(first..<next, &random)
            default: send(next..<next + UInt64.random(in: 1..<8, using: &random), &random)
            }
            check()
        }

        mutating func wait(_ time: Double) {
            seconds += time
            pipe.tick(seconds)
        }

        mutating func send(_ numbers: Range<UInt64>, _ random: inout SeededGenerator) {
            let shapes = [
                "line", "Error: x", "    at f (x.js:1:1)", "Traceback (most recent call last):", "  File x", "ERROR y",
            ]
            let events = numbers.map { number in
                // The number is in the line, so that it can be found again in whatever it was joined to.
                PipelineEvent.logLine(
                    LogLine(
                        LogEntry(shapes.randomElement(using: &random)! + " #\(number)#"),
                        source: [UInt8.random(in: 0..<4, using: &random)], number: ItemNumber(origin: 7, seq: number)))
            }
            for number in numbers where !lost.contains(number) { sent.insert(number) }
            next = max(next, numbers.upperBound)
            pipe.engine.process(events, of: AgentID("a"), now: at(seconds), into: &pipe.actions)
        }

        mutating func check() {
            for action in pipe.takeActions() {
                switch action {
                case .keep(.log(let record, let position)):
                    for number in Self.numbers(in: record.message) where !kept.insert(number).inserted {
                        problems.append("\(number) is kept twice")
                    }
                    check(position)
                case .settle(let position): check(position)
                default: break
                }
            }
            // What is kept behind the position would come again, and be kept again, after a crash.
            if let last = kept.max(), last > position { problems.append("\(last) is kept, at \(position)") }
        }

        private mutating func check(_ new: StreamPosition) {
            if new.seq < position { problems.append("back from \(position) to \(new.seq)") }
            position = max(position, new.seq)
            let missing = sent.filter { $0 <= position }.subtracting(kept)
            if !missing.isEmpty { problems.append("at \(position), \(missing.sorted()) are not kept") }
        }

        mutating func finish() {
            wait(2)
            check()
            if kept != sent { problems.append("kept \(kept.count) of \(sent.count)") }
            if position != next - 1 { problems.append("the position is \(position), not \(next - 1)") }
        }

        private static func numbers(in message: String) -> [UInt64] {
            message.split(separator: "#").enumerated().compactMap { $0.offset % 2 == 1 ? UInt64($0.element) : nil }
        }
    }
}
