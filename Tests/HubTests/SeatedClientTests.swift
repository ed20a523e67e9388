import Broker
import Fanout
import Model
import Service
import Testing

@testable import Hub

@Suite("What is kept of a connection")
struct SeatedClientTests {
    private struct NoExchange: StreamExchange {
        var head: [UInt8] { [] }
        func takeRequest() -> OpaquePointer? { nil }
        func answer(_ answer: StreamAnswer) {}
    }

    private func reader(_ topic: UInt64, _ subscription: String) -> SeatedClient.Reader {
        SeatedClient.Reader(topic: topic, subscription: SubscriptionID(subscription), label: .common)
    }

    @Test("a client that only listens takes little room, and its business comes and goes")
    func business() {
        var client = SeatedClient(exchange: NoExchange())
        #expect(client.business.exchange != nil)
        client.business.exchange = nil
        #expect(client.business.isNone)
        client.business.feed.append(.bytes([1]))
        #expect(!client.business.isNone)
        #expect(client.business.feed.count == 1)
        #expect(MemoryLayout<SeatedClient>.stride <= 48)
        #expect(MemoryLayout<Connection>.stride <= 40)
    }

    @Test("a copy does not change with the original")
    func value() {
        var client = SeatedClient(exchange: NoExchange())
        let copy = client
        client.business.completed = 7
        #expect(copy.business.completed == nil)
        #expect(client.business.completed == 7)
    }

    @Test("each topic has its own reader, the latest")
    func readers() {
        var client = SeatedClient(exchange: NoExchange())
        for topic: UInt64 in 1...3 { client.add(reader(topic, "sub_\(topic)")) }
        client.add(reader(1, "sub_a"))
        client.add(reader(2, "sub_b"))
        #expect((1...4).map { client.reader(of: $0)?.subscription.text } == ["sub_a", "sub_b", "sub_3", nil])
    }

    @Test("a session whose subscriptions come and go for days keeps those that are read, and of the others the latest")
    func comeAndGo() {
        var client = SeatedClient(exchange: NoExchange())
        for topic: UInt64 in 1...256 { client.add(reader(topic, "sub_\(topic)")) }
        for topic: UInt64 in 257...100_000 {
            client.add(reader(topic, "sub_\(topic)"))
            client.leave(topic)
        }
        #expect((1...256).allSatisfy { client.reader(of: $0) != nil })
        #expect((257...100_000).count { client.reader(of: $0) != nil } <= 512)
        #expect(client.reader(of: 100_000) != nil)
    }

    @Test("topics are a set, of one or of many")
    func topics() {
        var topics = TopicSet.none
        func members() -> [UInt64] {
            var found: [UInt64] = []
            topics.forEach { found.append($0.number) }
            return found.sorted()
        }
        #expect(members() == [])
        topics.insert(TopicID(1))
        topics.insert(TopicID(1))
        topics.remove(TopicID(9))
        #expect(members() == [1])
        topics.insert(TopicID(2))
        topics.insert(TopicID(3))
        topics.remove(TopicID(1))
        #expect(members() == [2, 3])
        topics.remove(TopicID(2))
        topics.remove(TopicID(3))
        #expect(members() == [])
    }
}
