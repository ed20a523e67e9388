import Fanout
import Testing

@Suite("A batch of events")
struct EventBatchTests {
    private let topic: UInt64 = 7

    @Test("is filled, published, emptied and filled again, however large it gets")
    func reuse() async throws {
        let attachment = TopicAttachment(
            topic: topic, after: 0, policy: .dropOldest, maxEvents: 100_000, maxBytes: 64 << 20)
        let world = try await World(attachments: [attachment])
        world.clients.ensureTopic(topic, maxBytes: 8 << 20, maxEvents: 10_000)
        let browser = Browser(port: world.port)
        try await browser.expect("hello 1\n")
        let batch = EventBatch()
        var seq: UInt64 = 0
        for size in [1, 5_000, 100, 600_000, 10] {
            #expect(batch.isEmpty && batch.byteCount == 0)
            let text = [UInt8](repeating: UInt8(ascii: "x"), count: size) + Array("|\(size)\n".utf8)
            for _ in 0..<3 {
                seq += 1
                batch.append(topic: topic, seq: seq, event: text)
            }
            #expect(batch.count == 3 && batch.byteCount == 3 * (28 + text.count))
            world.clients.publish(batch)
            _ = try await world.clients.statistics()  // it has been published
            batch.removeAll()
        }
        try await browser.expect("|10\n")
        try await eventually("all have come") {
            browser.body.split(separator: "|").count == 16 && browser.body.hasSuffix("|10\n")
        }
        #expect(try await world.clients.statistics()?.delivered == 15)
        try await world.end()
    }
}
