import Testing

@testable import AgentCore

private func payload(_ text: String, size: Int = 0) -> [UInt8] {
    Array(text.utf8) + [UInt8](repeating: 0, count: max(0, size - text.utf8.count))
}

extension ReliableQueue {
    /// Sends what the window allows.
    fileprivate mutating func drain() -> [ReliableFrame] {
        var frames: [ReliableFrame] = []
        while let frame = next {
            frames.append(frame)
            markSent()
        }
        return frames
    }
}

@Suite("ReliableQueue")
struct ReliableQueueTests {
    private func queue(bound: Int = 1 << 20, window: Int = 1 << 20) -> ReliableQueue {
        var queue = ReliableQueue(origin: 7, bound: bound)
        _ = queue.begin(at: nil, window: window)
        return queue
    }

    @Test("numbers rise from 1 over all batches")
    func numbers() {
        var queue = queue()
        #expect(queue.append(payload("a"), count: 3) == 1...3)
        #expect(queue.append(payload("b"), count: 1) == 4...4)
        #expect(queue.drain().map(\.batch.numbers) == [1...3, 4...4])
        #expect(queue.next == nil)
    }

    @Test("what is held is not sent before it is released, nor when all gets new numbers meanwhile")
    func held() {
        var queue = queue()
        queue.append(payload("a"), count: 2)
        queue.append(payload("b"), count: 2)
        queue.heldSeq = 3
        #expect(queue.drain().map(\.batch.numbers) == [1...2] && queue.next == nil)
        queue.resend(from: 1)
        #expect(queue.drain().map(\.batch.numbers) == [1...2])
        queue.renumber(origin: 8)
        _ = queue.begin(at: nil, window: 1 << 20)
        #expect(queue.next == nil)
        queue.heldSeq = .max
        #expect(queue.drain().map(\.batch.numbers) == [1...2, 3...4])
    }

    @Test("no more than the window is under way, but one frame always is")
    func window() {
        var queue = queue(window: 1000)
        for _ in 0..<5 { queue.append(payload("x", size: 300), count: 1) }
        #expect(queue.drain().count == 2)
        queue.acknowledge(upTo: 1)
        #expect(queue.drain().count == 1)
        var small = self.queue(window: 10)
        small.append(payload("x", size: 300), count: 1)
        small.append(payload("x", size: 300), count: 1)
        #expect(small.drain().count == 1)
        small.acknowledge(upTo: 1)
        #expect(small.drain().count == 1)
    }

    @Test("a new connection gets again what was not acknowledged, from where the gateway stands")
    func reconnect() {
        var queue = queue()
        for text in ["a", "b", "c"] { queue.append(payload(text), count: 2) }
        _ = queue.drain()
        queue.acknowledge(upTo: 2)
        let isKnown = queue.begin(at: ReliablePosition(seq: 4, origin: 7), window: 1000)
        #expect(isKnown)
        #expect(queue.acknowledgedSeq == 4)
        #expect(queue.drain().map(\.batch.numbers) == [5...6])
    }

    @Test("a gateway that knows of no count, or of another one, gets what is not acknowledged, and no gap before it")
    func otherGateway() {
        for position in [nil, ReliablePosition(seq: 100, origin: 8)] {
            var queue = queue()
            for text in ["a", "b"] { queue.append(payload(text), count: 2) }
            _ = queue.drain()
            queue.acknowledge(upTo: 2)
            let isKnown = queue.begin(at: position, window: 1000)
            #expect(isKnown)
            #expect(queue.drain() == [ReliableFrame(gap: nil, batch: .init(numbers: 3...4, payload: payload("b")))])
        }
    }

    @Test("a gateway that has lost what it acknowledged is told that it is gone")
    func lostByGateway() {
        var queue = queue()
        for text in ["a", "b"] { queue.append(payload(text), count: 2) }
        queue.acknowledge(upTo: 2)
        let isKnown = queue.begin(at: ReliablePosition(seq: 0, origin: 7), window: 1000)
        #expect(isKnown)
        #expect(queue.drain().map(\.gap) == [1...2])
    }

    @Test("a gateway that has more of the count than there is needs a new one")
    func ahead() {
        var queue = queue()
        queue.append(payload("a"), count: 2)
        let isKnown = queue.begin(at: ReliablePosition(seq: 3, origin: 7), window: 1000)
        #expect(!isKnown)
        queue.renumber(origin: 9)
        let isKnownAnew = queue.begin(at: nil, window: 1000)
        #expect(isKnownAnew && queue.origin == 9)
        #expect(queue.drain().map(\.batch.numbers) == [1...2])
    }

    @Test("an acknowledgement in the middle of a batch keeps it whole")
    func middle() {
        var queue = queue()
        queue.append(payload("a"), count: 4)
        _ = queue.drain()
        queue.acknowledge(upTo: 2)
        let isKnown = queue.begin(at: ReliablePosition(seq: 2, origin: 7), window: 1000)
        #expect(isKnown)
        #expect(queue.drain().map(\.batch.numbers) == [1...4])
    }

    @Test("a Resend sends again from the batch with that number on")
    func resend() {
        var queue = queue()
        for text in ["a", "b", "c"] { queue.append(payload(text), count: 2) }
        _ = queue.drain()
        queue.resend(from: 4)
        #expect(queue.drain().map(\.batch.numbers) == [3...4, 5...6])
        queue.acknowledge(upTo: 4)
        queue.resend(from: 2)
        #expect(queue.drain() == [ReliableFrame(gap: 2...4, batch: .init(numbers: 5...6, payload: payload("c")))])
        queue.resend(from: 100)
        queue.resend(from: 0)
        #expect(queue.next == nil)
    }

    @Test("beyond the bound the oldest go, and their numbers are the gap")
    func bound() {
        var queue = queue(bound: 1000)
        for _ in 0..<5 { queue.append(payload("x", size: 300), count: 10) }
        #expect(queue.byteCount <= 1000 && queue.droppedItems == 30)
        #expect(queue.drain().map(\.gap) == [1...30, nil])
        // The newest one stays, however large it is.
        queue.append(payload("x", size: 5000), count: 1)
        #expect(queue.kept.count == 1)
    }

    @Test("against a model: whatever happens, the gateway has each item once or knows that it is missing")
    func model() {
        let seed = UInt64.random(in: 0 ... .max)
        for round in 0..<60 {
            var random = SeededGenerator(seed: seed &+ UInt64(round))
            var model = Model(random: &random)
            for _ in 0..<300 { model.step(using: &random) }
            model.finish()
            #expect(model.problems.isEmpty, "seed \(seed), round \(round)")
            if !model.problems.isEmpty { return }
        }
    }
}

/// An agent's queue, a connection that may break, and a gateway that may forget what it did not acknowledge.
private struct Model {
    private var queue: ReliableQueue
    private let window: Int
    /// What the gateway has: item or hole, by number.
    private var stored: [UInt64: Bool] = [:]
    private var storedSeq: UInt64 = 0
    private var underWay: [ReliableFrame] = []
    private var isFull = false
    private var acknowledged: UInt64 = 0
    private(set) var problems: [String] = []

    init(random: inout SeededGenerator) {
        window = Int.random(in: 200...3000, using: &random)
        queue = ReliableQueue(origin: 1, bound: Int.random(in: 1000...20_000, using: &random))
        _ = queue.begin(at: nil, window: window)
    }

    mutating func step(using random: inout SeededGenerator) {
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3:
            let count = Int.random(in: 1...5, using: &random)
            queue.append([UInt8](repeating: 1, count: Int.random(in: 1...400, using: &random)), count: count)
        case 4, 5: underWay += queue.drain()
        case 6, 7: deliver(Int.random(in: 0...underWay.count, using: &random))
        case 8: acknowledge()
        case 9: reconnect()
        case 10: isFull.toggle()
        default: resend()
        }
        if queue.inFlightBytes > window, queue.kept.filter({ $0.numbers.upperBound <= queue.sentSeq }).count > 1 {
            problems.append("more than the window is under way")
        }
    }

    /// All is well again: everything must come.
    mutating func finish() {
        isFull = false
        reconnect()
        for _ in 0..<10_000 where storedSeq < queue.lastSeq {
            underWay += queue.drain()
            deliver(underWay.count)
            acknowledge()
        }
        if storedSeq != queue.lastSeq { problems.append("stuck at \(storedSeq) of \(queue.lastSeq)") }
        let missing = stored.values.filter { !$0 }.count
        if UInt64(missing) > queue.droppedItems || stored.count != queue.lastSeq {
            problems.append("\(missing) reported as missing, \(queue.droppedItems) dropped")
        }
    }

    private mutating func deliver(_ count: Int) {
        for frame in underWay.prefix(count) where !isFull { store(frame) }
        underWay.removeFirst(count)
    }

    private mutating func store(_ frame: ReliableFrame) {
        // What a full disk has left out is asked for later; nothing after it counts until then.
        let first = frame.gap?.lowerBound ?? frame.batch.numbers.lowerBound
        guard first <= storedSeq + 1 else { return }
        for number in frame.gap ?? 1...1 where frame.gap != nil && number > storedSeq { stored[number] = false }
        for number in frame.batch.numbers where number > storedSeq { stored[number] = true }
        storedSeq = max(storedSeq, frame.batch.numbers.upperBound)
    }

    private mutating func acknowledge() {
        acknowledged = storedSeq
        queue.acknowledge(upTo: acknowledged)
    }

    private mutating func reconnect() {
        underWay = []
        guard queue.begin(at: ReliablePosition(seq: storedSeq, origin: 1), window: window) else {
            problems.append("the gateway is ahead")
            return
        }
    }

    private mutating func resend() {
        underWay = []
        queue.resend(from: storedSeq + 1)
    }
}
