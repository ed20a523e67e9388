import Fanout
import Model
import Service
import Testing

@testable import Hub

@Suite struct SeatedClientTests {
    private final class NoExchange: StreamExchange {
        var head: [UInt8] { [] }
        func takeRequest() -> OpaquePointer? { nil }
        func answer(_ answer: StreamAnswer) {}
    }

    private func reading(_ topic: TopicNumber) -> TopicReading {
        TopicReading(
            topic: topic, subscription: SubscriptionID("sub_\(topic)"), after: 0, conflates: false, maxEvents: 1,
            maxBytes: 1, label: .common)
    }

    @Test("a session whose subscriptions come and go for days keeps those that are read, and of the others the latest")
    func comeAndGo() {
        var client = SeatedClient(exchange: NoExchange())
        for topic in 1...256 as ClosedRange<TopicNumber> { client.read(reading(topic)) }
        for topic in 257...100_000 as ClosedRange<TopicNumber> {
            client.read(reading(topic))
            client.leave(topic)
        }
        #expect(client.readings.count <= 512)
        #expect((1...256 as ClosedRange<TopicNumber>).allSatisfy { client.readings[$0]?.isLeft == false })
        #expect(client.readings[100_000]?.isLeft == true)
        client.read(reading(100_000))
        #expect(client.readings[100_000]?.isLeft == false)
    }
}
