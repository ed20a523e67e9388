import JSON
import TestSupport
import Testing

@Suite struct SelfTestTests {
    @Test("the self-test sends ten numbered events, each when it says, and ends")
    func selfTest() async throws {
        let gateway = try await TestGateway()
        let first = try EventSource(port: gateway.httpPort, "/selftest/sse")
        let gone = try EventSource(port: gateway.httpPort, "/selftest/sse")
        try await gone.hear(2, "selftest")
        gone.leave()
        try await first.hearEnd()
        let events = first.events("selftest")
        #expect(events.map { $0.data["n"]?.int } == (1...10).map { Int64($0) })
        let times = try events.map { try #require($0.data["sent_at"]?.string) }
        #expect(times == times.sorted() && Set(times).count == 10)
        #expect(first.events.last?.kind == "stream_end")
        #expect(first.events.last?.data["reason"] == .string("completed"))
        await gateway.stop()
    }

    @Test("there are not more self-tests at once than strangers may have; others are told to come back")
    func bound() async throws {
        let gateway = try await TestGateway()
        var open: [EventSource] = []
        for _ in 0..<100 {
            let stream = try EventSource(port: gateway.httpPort, "/selftest/sse")
            try await stream.hear(1, "selftest")
            open.append(stream)
        }
        let further = try EventSource(port: gateway.httpPort, "/selftest/sse")
        try await eventually("an answer") { further.text.contains("under way") }
        #expect(further.events.isEmpty && further.text.hasPrefix("retry:"))
        for stream in open { stream.leave() }
        // The gateway learns of that in its own time.
        var freed = further
        while freed.events.isEmpty {
            let stream = try EventSource(port: gateway.httpPort, "/selftest/sse")
            try await eventually("an answer") { !stream.text.isEmpty }
            freed = stream
        }
        await gateway.stop()
    }
}
