import Fanout
import Testing

@Suite("Clients of a loop")
struct ClientLoopTests {
    private let topic: UInt64 = 5

    private func attachment(after: UInt64 = 0, policy: TopicAttachment.SlowPolicy = .dropOldest) -> TopicAttachment {
        TopicAttachment(topic: topic, after: after, policy: policy, maxEvents: 10, maxBytes: 1 << 20)
    }

    private func batch(_ range: ClosedRange<UInt64>, _ text: (UInt64) -> String) -> EventBatch {
        let batch = EventBatch()
        for seq in range { batch.append(topic: topic, seq: seq, event: Array(text(seq).utf8)) }
        return batch
    }

    @Test("a client gets head, private bytes, history and live events in this order")
    func order() async throws {
        let world = try await World(attachments: [attachment(after: 1)])
        world.clients.ensureTopic(topic, maxBytes: 1 << 16, maxEvents: 100)
        world.clients.publish(batch(1...3) { "event \($0)\n" })
        let browser = Browser(port: world.port)
        try await browser.expect("event 3\n")
        world.clients.publish(batch(4...4) { "event \($0)\n" })
        world.clients.write(1, Array("private\n".utf8))
        world.clients.publish(batch(5...5) { "event \($0)\n" })
        try await browser.expect("event 5\n")
        #expect(browser.body == "hello 1\nevent 2\nevent 3\nevent 4\nprivate\nevent 5\n")
        #expect(try await world.clients.statistics(of: [1])[1]?.delivered == 4)
        try await world.end()
    }

    @Test("finish sends the last bytes, closes and reports")
    func finish() async throws {
        let world = try await World(attachments: [attachment()])
        world.clients.ensureTopic(topic, maxBytes: 1 << 16, maxEvents: 100)
        let browser = Browser(port: world.port)
        try await browser.expect("hello 1\n")
        world.clients.publish(batch(1...2) { "event \($0)\n" })
        world.clients.finish(1, bytes: Array("end\n".utf8))
        world.clients.publish(batch(3...3) { "event \($0)\n" })
        try await eventually("the end") { browser.hasEnded }
        #expect(browser.body == "hello 1\nevent 1\nevent 2\nend\n")
        try await eventually("gone") { world.now.gone[1] == .finished }
        #expect(world.now.statistics[1]?.delivered == 2)
        try await world.end()
    }

    @Test("a client that closes is reported, and its number is free again")
    func closed() async throws {
        let world = try await World()
        var browser: Browser? = Browser(port: world.port)
        try await browser?.expect("hello 1\n")
        browser = nil
        try await eventually("gone") { world.now.gone[1] == .closed }
        #expect(try await world.clients.statistics(of: [1]).isEmpty)
        #expect(try await world.clients.statistics()?.clients == 0)
        try await world.end()
    }

    @Test("a frozen client is told exactly what it lost, at the place where it stood")
    func frozen() async throws {
        var configuration = FanoutConfiguration()
        configuration.sendBuffer = 16384
        let world = try await World(attachments: [attachment()], configuration)
        world.clients.ensureTopic(topic, maxBytes: 1 << 20, maxEvents: 100)
        let browser = Browser(port: world.port, receiveBuffer: 4096)
        try await browser.expect("hello 1\n")
        let padding = String(repeating: ".", count: 1000)
        for seq in 1...1000 as ClosedRange<UInt64> {
            world.clients.publish(batch(seq...seq) { "event \($0) \(padding)\n" })
            _ = try await world.clients.statistics()  // a pass of its own for each
        }
        try await browser.expect("event 1000 \(padding)\n")
        let loss = try #require(world.now.losses.first)
        #expect(world.now.losses.count == 1)
        #expect(loss.range.upperBound == 990)
        #expect(loss.missed == 990 - loss.range.lowerBound + 1)
        let lines = browser.body.split(separator: "\n")
        let gap = try #require(lines.firstIndex { $0.hasPrefix("gap") })
        #expect(lines[gap] == "gap \(loss.missed) \(loss.range.lowerBound)-990")
        #expect(lines[gap - 1].hasPrefix("event \(loss.range.lowerBound - 1) "))
        #expect(lines[gap + 1].hasPrefix("event 991 "))
        try await world.end()
    }

    @Test("of what waits for a frozen client that conflates, the newest event of each key stays, and nothing is lost")
    func conflating() async throws {
        var configuration = FanoutConfiguration()
        configuration.sendBuffer = 16384
        let world = try await World(attachments: [attachment(policy: .conflate)], configuration)
        world.clients.ensureTopic(topic, maxBytes: 1 << 20, maxEvents: 100)
        let browser = Browser(port: world.port, receiveBuffer: 4096)
        try await browser.expect("hello 1\n")
        let padding = String(repeating: ".", count: 1000)
        for seq in 1...1000 as ClosedRange<UInt64> {
            let batch = EventBatch()
            // Key 1 has a single event, the last but 20; keys 2 to 6 take turns.
            let key = seq == 980 ? 1 : 2 + seq % 5
            batch.append(topic: topic, seq: seq, key: key, event: Array("event \(seq) \(padding)\n".utf8))
            world.clients.publish(batch)
            _ = try await world.clients.statistics()  // a pass of its own for each
        }
        try await browser.expect("event 1000 \(padding)\n")
        let numbers = browser.body.split(separator: "\n").compactMap { UInt64($0.split(separator: " ")[1]) }.dropFirst()
        #expect(numbers.suffix(6) == [980, 996, 997, 998, 999, 1000])
        #expect(Array(numbers.dropLast(6)) == Array(1...UInt64(numbers.count - 6)))
        #expect(world.now.losses.isEmpty)
        let counts = try #require(try await world.clients.statistics())
        #expect(counts.conflated == 1000 - UInt64(numbers.count))
        #expect(counts.dropped == 0)
        try await world.end()
    }

    @Test("drained is reported once")
    func drained() async throws {
        let world = try await World()
        let browser = Browser(port: world.port)
        try await browser.expect("hello 1\n")
        world.clients.write(1, Array("more\n".utf8))
        world.clients.notifyDrained(1)
        try await browser.expect("more\n")
        try await eventually("drained") { world.now.drained == 1 }
        try await world.end()
    }

    @Test("closing the loop ends every client as aborted, and later messages have no effect")
    func close() async throws {
        let world = try await World(attachments: [attachment()])
        world.clients.ensureTopic(topic, maxBytes: 1 << 16, maxEvents: 100)
        let browsers = [Browser(port: world.port), Browser(port: world.port)]
        for browser in browsers { try await eventually("hello") { !browser.body.isEmpty } }
        world.clients.close()
        world.clients.publish(batch(1...1) { "event \($0)\n" })
        world.clients.abort(1)
        #expect(try await world.clients.statistics() == nil)
        #expect(world.now.gone == [1: .aborted, 2: .aborted])
        try await world.end()
    }

    @Test("messages for what does not exist are dropped")
    func unknown() async throws {
        let world = try await World()
        world.clients.write(9, [1])
        world.clients.finish(9)
        world.clients.attach(9, attachment())
        world.clients.closeTopic(9)
        world.clients.publish(batch(1...2) { "event \($0)\n" })
        #expect(try await world.clients.statistics()?.skipped == 2)
        try await world.end()
    }

    @Test("a request that was answered meanwhile is reported as a client that went")
    func answered() async throws {
        let world = try await World()
        world.clients.accept(StreamRequest { nil }, as: 77, head: [])
        try await eventually("gone") { world.now.gone[77] == .aborted }
        try await world.end()
    }
}
