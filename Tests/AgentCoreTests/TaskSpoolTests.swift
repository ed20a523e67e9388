import Model
import Testing

@testable import AgentCore

@Suite("TaskSpool")
struct TaskSpoolTests {
    @Test("lines are numbered from 1 and come out as they went in")
    func roundTrip() {
        var spool = TaskSpool()
        spool.append("one", stream: .stdout, time: 7)
        spool.append("zwei\0\u{fffd}", stream: .stderr, truncated: true, time: 8)
        var lines: [String] = []
        let gap = spool.send(budget: 1000, limit: 10) { line in
            let text = String(decoding: line.bytes, as: UTF8.self)
            lines.append("\(line.seq) \(line.stream) \(line.isTruncated) \(line.atUnixNanoseconds) \(text)")
        }
        #expect(gap == nil)
        #expect(lines == ["1 stdout false 7 one", "2 stderr true 8 zwei\0\u{fffd}"])
        #expect(!spool.hasUnsent && spool.sentSeq == 2 && spool.lastSeq == 2)
    }

    @Test("a budget divides what is sent, but one line always goes")
    func budget() {
        var spool = TaskSpool()
        for _ in 0..<4 { spool.append(String(repeating: "x", count: 86)) }
        #expect(spool.sent(budget: 250) == [1, 2])
        #expect(spool.sent(budget: 10) == [3])
        #expect(spool.sent(budget: 250, limit: 0).isEmpty)
        #expect(spool.sent() == [4])
    }

    @Test("what is acknowledged is forgotten")
    func acknowledge() {
        var spool = TaskSpool()
        for _ in 0..<10 { spool.append("line") }
        _ = spool.sent()
        spool.acknowledge(upTo: 4)
        #expect(spool.firstSeq == 5 && spool.byteCount == 6 * 18)
        spool.acknowledge(upTo: 3)
        #expect(spool.acknowledgedSeq == 4)
        spool.acknowledge(upTo: 1_000_000)
        #expect(spool.byteCount == 0 && spool.acknowledgedSeq == 10 && spool.firstSeq == 11)
        spool.append("next")
        #expect(spool.sent() == [11])
    }

    @Test("in flight is what was sent and is neither acknowledged nor dropped")
    func inFlight() {
        var spool = TaskSpool()
        for _ in 0..<10 { spool.append("line") }
        #expect(spool.inFlightBytes == 0)
        _ = spool.sent(limit: 6)
        #expect(spool.inFlightBytes == 6 * 18)
        spool.acknowledge(upTo: 4)
        #expect(spool.inFlightBytes == 2 * 18)
        spool.dropOldest(freeing: 18)
        #expect(spool.inFlightBytes == 18)
        spool.rewind(to: 4)
        #expect(spool.inFlightBytes == 0)
        _ = spool.sent()
        #expect(spool.inFlightBytes == 5 * 18)
        spool.acknowledge(upTo: 10)
        #expect(spool.inFlightBytes == 0)
    }

    @Test("after a reconnect the lines behind the stored one are sent again")
    func rewind() {
        var spool = TaskSpool()
        for _ in 0..<10 { spool.append("line") }
        _ = spool.sent()
        spool.rewind(to: 6)
        #expect(spool.hasUnsent)
        #expect(spool.sent() == [7, 8, 9, 10])
    }

    @Test("dropped lines leave an exact gap, again after every reconnect until it is acknowledged")
    func gap() {
        var spool = TaskSpool()
        for _ in 0..<10 { spool.append("line") }
        _ = spool.sent()
        spool.acknowledge(upTo: 2)
        spool.dropOldest(freeing: 3 * 18)
        #expect(spool.droppedLines == 3 && spool.firstSeq == 6)
        #expect(!spool.hasUnsent, "they had been sent: only a reconnect can miss them")
        for _ in 0..<2 {
            spool.rewind(to: 2)
            #expect(spool.nextGap() == 3...5)
            #expect(spool.sent() == [6, 7, 8, 9, 10])
        }
        spool.acknowledge(upTo: 5)
        spool.rewind(to: 5)
        #expect(spool.nextGap() == nil)
    }

    @Test("a gap is reported even when nothing is left behind it")
    func gapOnly() {
        var spool = TaskSpool()
        for _ in 0..<5 { spool.append("line") }
        spool.dropOldest(freeing: .max / 2)
        #expect(spool.byteCount == 0 && spool.hasUnsent)
        #expect(spool.nextGap() == 1...5)
        #expect(!spool.hasUnsent)
        spool.append("line")
        #expect(spool.sent() == [6])
    }

    @Test("a gateway that has lost what it acknowledged is told so")
    func gatewayLostLines() {
        var spool = TaskSpool()
        for _ in 0..<10 { spool.append("line") }
        _ = spool.sent()
        spool.acknowledge(upTo: 8)
        spool.rewind(to: 3)
        #expect(spool.nextGap() == 4...8)
        #expect(spool.sent() == [9, 10])
    }

    @Test("any order of events keeps the numbers without holes: each is sent, or in a gap, once per connection")
    func randomOrder() {
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var spool = TaskSpool()
            var received: UInt64 = 0  // by the gateway, on this connection and before
            var kept: [UInt64: String] = [:]
            for _ in 0..<200 {
                switch Int.random(in: 0..<8, using: &random) {
                case 0...2:
                    let text = String(repeating: "x", count: Int.random(in: 0...20_000, using: &random))
                    spool.append(text)
                    kept[spool.lastSeq] = text
                case 3, 4:
                    let budget = Int.random(in: 1...60_000, using: &random)
                    var lines: [UInt64] = []
                    let gap = spool.send(budget: budget, limit: 100) { line in
                        lines.append(line.seq)
                        #expect(String(decoding: line.bytes, as: UTF8.self) == kept[line.seq])
                    }
                    if let gap {
                        #expect(gap.lowerBound == received + 1, "seed \(seed)")
                        received = gap.upperBound
                    }
                    for seq in lines {
                        #expect(seq == received + 1, "seed \(seed)")
                        received = seq
                    }
                case 5: spool.acknowledge(upTo: UInt64.random(in: 0...received, using: &random))
                case 6: spool.dropOldest(freeing: Int.random(in: 1...30_000, using: &random))
                default:
                    received = UInt64.random(
                        in: spool.acknowledgedSeq...max(received, spool.acknowledgedSeq), using: &random)
                    spool.rewind(to: received)
                }
                #expect(spool.byteCount >= 0 && spool.firstSeq <= spool.lastSeq + 1, "seed \(seed)")
            }
        }
    }
}

extension TaskSpool {
    fileprivate mutating func append(
        _ text: String, stream: OutputStream = .stdout, truncated: Bool = false, time: UInt64 = 0
    ) {
        Array(text.utf8).withUnsafeBytes {
            append($0, stream: stream, truncated: truncated, atUnixNanoseconds: time)
        }
    }

    fileprivate mutating func sent(budget: Int = .max, limit: Int = .max) -> [UInt64] {
        var seqs: [UInt64] = []
        _ = send(budget: budget, limit: limit) { seqs.append($0.seq) }
        return seqs
    }

    /// The gap that the next frame would begin with.
    fileprivate mutating func nextGap() -> ClosedRange<UInt64>? { send(budget: 0, limit: 0) { _ in } }
}
