import Model
import TestSupport
import Testing

@testable import Broker

@Suite("Deadlines")
struct DeadlineQueueTests {
    @Test("they come in order, each key once, moved and cancelled ones not at their old time")
    func order() {
        var queue = DeadlineQueue<String>()
        for (key, time) in [("c", 30), ("a", 10), ("b", 20), ("d", 10)] { queue.set(key, at: at(time)) }
        queue.set("a", at: at(25))
        queue.cancel("b")
        #expect(queue.next == at(10))
        #expect(drain(&queue, until: 25) == ["d", "a"])
        #expect(queue.next == at(30))
        #expect(queue.count == 1)
    }

    @Test("moving one deadline again and again does not make the queue grow")
    func bounded() {
        var queue = DeadlineQueue<Int>()
        queue.set(0, at: at(1))
        for time in 1...100_000 { queue.set(1, at: at(1_000_000 - time)) }
        #expect(queue.storedCount <= 128)
    }

    @Test("memory for thousands of deadlines goes with them, whether they were cancelled or came")
    func givesBack() {
        var queue = DeadlineQueue<Int>()
        for key in 0..<20_000 { queue.set(key, at: at(key)) }
        for key in 0..<10_000 { queue.cancel(key) }
        _ = drain(&queue, until: 19_989)
        #expect(queue.count == 10)
        #expect(queue.capacity < 1_000)
        #expect(drain(&queue, until: 20_000) == Array(19_990..<20_000))
    }

    @Test("it agrees with sorting", arguments: [seed()])
    func agreesWithSorting(seed: UInt64) {
        var random = SeededGenerator(seed)
        var queue = DeadlineQueue<Int>()
        var expected: [Int: Int] = [:]
        for step in 0..<20_000 {
            let key = Int.random(in: 0..<200, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                queue.cancel(key)
                expected[key] = nil
            case 1 where step % 10 == 0:
                let limit = Int.random(in: 0..<1_000, using: &random)
                let due = expected.filter { $0.value <= limit }
                let times = drain(&queue, until: limit).map { expected[$0] ?? -1 }
                #expect(times == due.values.sorted())
                for key in due.keys { expected[key] = nil }
            default:
                let time = Int.random(in: 0..<1_000, using: &random)
                queue.set(key, at: at(time))
                expected[key] = time
            }
            #expect(queue.count == expected.count)
            #expect(queue.next == expected.values.min().map(at))
        }
    }

    private func at(_ time: Int) -> MonotonicTime { MonotonicTime(nanoseconds: UInt64(time)) }

    private func drain<Key>(_ queue: inout DeadlineQueue<Key>, until time: Int) -> [Key] {
        var keys: [Key] = []
        while let key = queue.popDue(at(time)) { keys.append(key) }
        return keys
    }
}
