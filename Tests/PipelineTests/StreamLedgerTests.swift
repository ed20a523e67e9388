import Model
import Pipeline
import TestSupport
import Testing

@Suite("Where a reliable stream stands")
struct StreamLedgerTests {
    private func frame(_ first: UInt64, _ last: UInt64, gap: ClosedRange<UInt64>? = nil, origin: UInt64 = 7)
        -> StreamLedger.Frame
    {
        StreamLedger.Frame(origin: origin, last: last, count: Int(last + 1 - first), gap: gap)
    }

    /// What becomes of a frame, outside of a macro that would copy the ledger.
    private static func take(_ ledger: inout StreamLedger, _ frame: StreamLedger.Frame, hasRoom: Bool = true)
        -> StreamLedger.Verdict
    {
        ledger.take(frame, hasRoom: hasRoom)
    }

    private func ledger(at seq: UInt64) -> StreamLedger {
        StreamLedger(StreamPosition(agent: AgentID("a"), type: .logAggregation, origin: 7, seq: seq))
    }

    @Test("items that come in order are taken")
    func inOrder() {
        var ledger = StreamLedger()
        #expect(Self.take(&ledger, frame(1, 3)) == .take(skipping: 0, lost: nil))
        #expect(Self.take(&ledger, frame(4, 4)) == .take(skipping: 0, lost: nil))
        #expect(ledger.received == 4)
    }

    @Test("a gateway that has lost its memory takes a stream from where it is, and misses nothing")
    func unknownStream() {
        var ledger = StreamLedger()
        #expect(Self.take(&ledger, frame(5_000, 5_002)) == .take(skipping: 0, lost: nil))
    }

    @Test("what is sent again after a reconnect is taken once")
    func repetition() {
        var ledger = ledger(at: 10)
        #expect(Self.take(&ledger, frame(6, 10)) == .duplicate(acknowledge: 10))
        #expect(Self.take(&ledger, frame(8, 12)) == .take(skipping: 3, lost: nil))
    }

    @Test("a gap is told once, and only for what is not known")
    func gap() {
        var ledger = ledger(at: 10)
        #expect(Self.take(&ledger, frame(16, 17, gap: 9...15)) == .take(skipping: 0, lost: 11...15))
        #expect(Self.take(&ledger, frame(16, 18, gap: 9...15)) == .take(skipping: 2, lost: nil))
    }

    @Test("a frame may be a gap and nothing else")
    func onlyGap() {
        var ledger = ledger(at: 10)
        let frame = StreamLedger.Frame(origin: 7, last: 20, count: 0, gap: 11...20)
        #expect(Self.take(&ledger, frame) == .take(skipping: 0, lost: 11...20))
    }

    @Test("a hole that the agent does not own up to is a loss too")
    func hole() {
        var ledger = ledger(at: 10)
        #expect(Self.take(&ledger, frame(13, 14)) == .take(skipping: 0, lost: 11...12))
    }

    @Test("a new origin is another count: small numbers are not taken for old ones")
    func newOrigin() {
        var ledger = ledger(at: 1_000)
        #expect(Self.take(&ledger, frame(1, 2, origin: 8)) == .take(skipping: 0, lost: nil))
        let isOldNews = ledger.noteStored(900, origin: 7)
        let isNews = ledger.noteStored(2, origin: 8)
        #expect(!isOldNews && isNews)
    }

    @Test("without room the agent is asked once, and nothing behind what is missing is taken")
    func refusal() {
        var ledger = ledger(at: 10)
        #expect(Self.take(&ledger, frame(11, 12), hasRoom: false) == .refuse(resendFrom: 11))
        #expect(Self.take(&ledger, frame(13, 14), hasRoom: false) == .refuse(resendFrom: nil))
        #expect(Self.take(&ledger, frame(15, 16)) == .refuse(resendFrom: nil))
        #expect(ledger.resend == 11)
        #expect(Self.take(&ledger, frame(11, 14)) == .take(skipping: 0, lost: nil))
        #expect(ledger.resend == nil)
    }

    @Test("what could not be stored has to come again, from behind what is stored")
    func failure() {
        var ledger = StreamLedger()
        _ = ledger.take(frame(1, 5))
        ledger.noteFailed(origin: 7)
        #expect(Self.take(&ledger, frame(6, 9)) == .refuse(resendFrom: nil))
        #expect(ledger.resend == 1)
        #expect(Self.take(&ledger, frame(1, 9)) == .take(skipping: 0, lost: nil))
    }

    @Test(
        "numbers that no stream can have are refused",
        arguments: [
            StreamLedger.Frame(origin: 7, last: 3, count: 4), .init(origin: 7, last: .max, count: 1),
            .init(origin: 7, last: 9, count: 0), .init(origin: 7, last: 9, count: 2, gap: 7...8),
            .init(origin: 7, last: 9, count: 2, gap: 0...3), .init(origin: 7, last: 5, count: 0, gap: 3...6),
        ])
    func malformed(_ frame: StreamLedger.Frame) {
        var ledger = ledger(at: 0)
        #expect(Self.take(&ledger, frame) == .malformed)
    }

    @Test(
        "an agent that resends what is not acknowledged loses and repeats nothing, whatever fails", arguments: [seed()])
    func model(seed: UInt64) {
        var random = SeededGenerator(seed)
        var ledger = StreamLedger()
        var kept: [UInt64] = []  // what the gateway has stored, in order
        var inFlight: [UInt64] = []
        var acknowledged: UInt64 = 0
        var sent: UInt64 = 0
        var produced: UInt64 = 0
        for _ in 0..<5_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4: produced += UInt64.random(in: 1...5, using: &random)
            case 4..<7 where sent < produced:
                let last = UInt64.random(in: sent + 1...produced, using: &random)
                let frame = frame(sent + 1, last)
                sent = last
                switch ledger.take(frame, hasRoom: Bool.random(using: &random)) {
                case .take(let skipped, let lost):
                    #expect(lost == nil)
                    inFlight += Array(frame.last + 1 - UInt64(frame.count - skipped)...frame.last)
                case .refuse(let from): if let from { sent = from - 1 }
                case .duplicate(let ack): acknowledged = max(acknowledged, ack ?? 0)
                case .malformed: Issue.record("malformed")
                }
            case 7 where !inFlight.isEmpty:
                kept += inFlight
                inFlight = []
                if ledger.noteStored(kept.last!, origin: 7) { acknowledged = kept.last! }
            case 8:  // the store fails, or the gateway is killed
                inFlight = []
                if Bool.random(using: &random) {
                    ledger.noteFailed(origin: 7)
                    if let from = ledger.resend { sent = min(sent, from - 1) }
                } else if let last = kept.last {
                    ledger = self.ledger(at: last)
                    sent = acknowledged
                } else {
                    ledger = StreamLedger()
                    sent = acknowledged
                }
            default: sent = acknowledged  // a reconnect
            }
        }
        #expect(kept == Array(1...UInt64(kept.count)))
        #expect(kept.count > 100)
    }
}
