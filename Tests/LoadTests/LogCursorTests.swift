import Testing

@testable import LoadCore

@Suite("Where a reliable stream stands")
struct LogCursorTests {
    /// Has sent lines 1...30 in three frames of 1000 bytes, of which 10 are acknowledged.
    private static let start: LogCursor = {
        var cursor = LogCursor()
        cursor.window = 4_000
        _ = cursor.begin(stored: nil)
        for last: UInt64 in [10, 20, 30] { _ = cursor.handOver(through: last, bytes: 1_000) }
        _ = cursor.acknowledge(upTo: 10)
        return cursor
    }()

    @Test("what is acknowledged makes room in the window")
    func window() {
        var cursor = Self.start
        #expect(cursor.bytesUnderWay == 2_000)
        #expect(cursor.room(lineBytes: 100) == 20)
        let first = cursor.acknowledge(upTo: 30)
        #expect(first == 11...30)
        #expect(cursor.room(lineBytes: 100) == 40)
        #expect(cursor.room(lineBytes: 5_000) == 1)
        let second = cursor.handOver(through: 31, bytes: 5_000)
        #expect(second == 31...31)
        #expect(cursor.room(lineBytes: 100) == 0)
    }

    @Test("an acknowledgement in the middle of a frame keeps the frame under way")
    func middle() {
        var cursor = Self.start
        let first = cursor.acknowledge(upTo: 15)
        #expect(first == 11...15)
        #expect(cursor.bytesUnderWay == 2_000)
        let second = cursor.acknowledge(upTo: 15)
        #expect(second == nil)
    }

    @Test("after a reconnect it goes on behind what the gateway has, and what had been sent counts as sent again")
    func reconnect() {
        var cursor = Self.start
        let first = cursor.begin(stored: 20)
        #expect(first == 11...20)
        #expect(cursor.sent == 20)
        #expect(cursor.bytesUnderWay == 0)
        let second = cursor.handOver(through: 35, bytes: 1_500)
        #expect(second == 31...35)
        #expect(cursor.resent == 10)
        #expect(cursor.highest == 35)
        #expect(cursor.forgotten == 0)
    }

    @Test("a gateway that does not know the count has lost what it acknowledged")
    func forgotten() {
        var cursor = Self.start
        let first = cursor.begin(stored: nil)
        #expect(first == nil)
        #expect(cursor.forgotten == 10)
        #expect(cursor.sent == 10)
    }

    @Test("lines that are asked for are sent again, from the one that was named")
    func resend() {
        var cursor = Self.start
        cursor.resend(from: 21)
        #expect(cursor.sent == 20)
        #expect(cursor.bytesUnderWay == 1_000)
        let first = cursor.handOver(through: 30, bytes: 1_000)
        #expect(first == nil)
        #expect(cursor.resent == 10)
        cursor.resend(from: 8)
        #expect(cursor.forgotten == 3)
        #expect(cursor.sent == 10)
    }

    @Test("an acknowledgement of what was never sent is none")
    func unfounded() {
        var cursor = Self.start
        let first = cursor.acknowledge(upTo: 31)
        #expect(first == nil)
        #expect(cursor.unfounded == 1)
        #expect(cursor.acknowledged == 10)
        let second = cursor.begin(stored: 99)
        #expect(second == nil)
        #expect(cursor.unfounded == 2)
    }

    @Test(
        "whatever is lost on the way, each line is acknowledged once and in order",
        arguments: 1...20 as ClosedRange<UInt64>)
    func random(seed: UInt64) {
        var mix = NumberMix(seed: seed)
        var cursor = LogCursor()
        cursor.window = 2_000
        _ = cursor.begin(stored: nil)
        var stored: UInt64 = 0
        var seen: UInt64 = 0
        func note(_ numbers: ClosedRange<UInt64>?) {
            guard let numbers else { return }
            #expect(numbers.lowerBound == seen + 1)
            seen = numbers.upperBound
        }
        while seen < 500 {
            switch mix.next() % 8 {
            case 0: note(cursor.begin(stored: stored))
            case 1: cursor.resend(from: stored + 1)
            case 2, 3:
                stored = max(stored, cursor.sent)
                if mix.next() % 2 == 0 { note(cursor.acknowledge(upTo: stored)) }
            default:
                let room = cursor.room(lineBytes: 100)
                if room > 0 {
                    _ = cursor.handOver(through: cursor.sent + 1 + mix.next() % UInt64(room), bytes: 100 * room)
                }
            }
        }
        #expect(cursor.forgotten == 0 && cursor.unfounded == 0)
        #expect(cursor.acknowledged == seen)
    }
}
