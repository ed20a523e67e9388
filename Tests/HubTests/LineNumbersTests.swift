import Testing
import Wire

@testable import Hub

@Suite struct LineNumbersTests {
    private let arena = WireArena()

    private func line(_ seq: UInt64?) -> UnsafeMutablePointer<WireContainerLog> {
        arena.make { wireSet(&$0.has_seq, &$0.seq, seq) }
    }

    private func gap(_ from: UInt64?, _ to: UInt64?) -> UnsafeMutablePointer<WireSeqRange> {
        arena.make {
            wireSet(&$0.has_from_seq, &$0.from_seq, from)
            wireSet(&$0.has_to_seq, &$0.to_seq, to)
        }
    }

    @Test("a hole in the numbers is what is missing before a line")
    func holes() {
        var numbers = LineNumbers()
        #expect(numbers.take(line(1)) == nil)
        #expect(numbers.take(line(2)) == nil)
        #expect(numbers.take(line(7)) == 3...6)
        #expect(numbers.take(line(8)) == nil)
    }

    @Test("lines before the first that comes are missing too")
    func beginning() {
        var numbers = LineNumbers()
        #expect(numbers.take(line(4)) == 1...3)
    }

    @Test("a line without a number tells nothing, a number that does not rise begins anew")
    func anew() {
        var numbers = LineNumbers()
        _ = numbers.take(line(5))
        #expect(numbers.take(line(nil)) == nil && numbers.last == 5)
        #expect(numbers.take(line(6)) == nil)
        #expect(numbers.take(line(6)) == nil)
        #expect(numbers.take(line(1)) == nil)
        #expect(numbers.take(line(3)) == 2...2)
    }

    @Test("what the agent says that it dropped is missing once, together with a hole before it")
    func gaps() {
        var numbers = LineNumbers()
        _ = numbers.take(line(10))
        #expect(numbers.skip(gap(13, 20)) == 11...20)
        #expect(numbers.take(line(21)) == nil)
        #expect(numbers.skip(nil) == nil)
        #expect(numbers.skip(gap(1, 3)) == 1...3, "the numbers have begun anew")
        #expect(numbers.take(line(4)) == nil)
    }

    @Test("a gap that is none is ignored", arguments: [(nil, 5), (5, nil), (0, 5), (6, 5)] as [(UInt64?, UInt64?)])
    func nonsense(_ range: (UInt64?, UInt64?)) {
        var numbers = LineNumbers()
        _ = numbers.take(line(2))
        #expect(numbers.skip(gap(range.0, range.1)) == nil && numbers.last == 2)
    }

    @Test("numbers that no line can have are told apart", arguments: [1 << 53 + 1, .max - 1, .max] as [UInt64])
    func implausible(_ seq: UInt64) {
        func lines(_ seq: UInt64) -> WireList<WireContainerLog> {
            WireList(1, arena.makeList(count: 1) { wireSet(&$1.has_seq, &$1.seq, seq) })
        }
        #expect(!LineNumbers.arePlausible(nil, lines(seq)))
        #expect(!LineNumbers.arePlausible(gap(1, seq), lines(1)))
        #expect(LineNumbers.arePlausible(gap(1, 1 << 53), lines(1 << 53)))
        #expect(LineNumbers.arePlausible(nil, WireList(0, nil)))
    }
}
